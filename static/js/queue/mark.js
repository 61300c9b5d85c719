// What the store should hold, noted beside it: a browser may throw the store away, and then the mark tells how much is lost.
"use strict";

self.storeMark = (() => {
  const NAME = "kanban-queue";

  function write({ id, added }, unsent) {
    const text = [id, added, unsent].join(".");
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${NAME}=${text}; path=/; max-age=34560000; SameSite=Lax${secure}`;
    try { localStorage.setItem(NAME, text); } catch { /* storage is closed: the cookie says it */ }
  }

  function read() {
    let text = null;
    try { text = localStorage.getItem(NAME); } catch { /* see above */ }
    text ??= document.cookie.split("; ").find((each) => each.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
    const [id, added, unsent] = text?.split(".") ?? [];
    return id ? { id, added: Number(added), unsent: Number(unsent) } : null;
  }

  // How many scans the mark of before knows that the store of now does not.
  function missing(before, now) {
    if (!before) return 0;
    return before.id === now.id ? Math.max(0, before.added - now.added) : before.unsent;
  }

  return Object.freeze({ write, read, missing });
})();
