// Offers to put the app on the home screen: after some scans that worked, where it is possible, and never again once declined.
"use strict";

(() => {
  const SCANS_BEFORE = 5;
  const NAME = "kanban-homescreen";        // "no", or how many scans have worked
  const bar = document.getElementById("homescreen");
  if (!bar) return;
  const isThere = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  let prompt = null;

  function kept() {
    return document.cookie.split("; ").find((each) => each.startsWith(`${NAME}=`))?.slice(NAME.length + 1) ?? "0";
  }

  function keep(value) {                 // a cookie: signing out clears everything else
    document.cookie = `${NAME}=${value}; path=/; max-age=34560000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
  }

  function offer() {
    if (isThere || kept() === "no" || Number(kept()) < SCANS_BEFORE) return;
    if (document.documentElement.dataset.scanning === "yes" || !(prompt || isApple)) return;
    bar.querySelector('[data-do="install"]').hidden = !prompt;
    bar.querySelector('[data-hint="apple"]').hidden = Boolean(prompt);
    bar.hidden = false;
  }

  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    prompt = event;
    offer();
  });
  addEventListener("appinstalled", () => { keep("no"); bar.hidden = true; });
  bar.addEventListener("click", async ({ target }) => {
    const what = target.closest("[data-do]")?.dataset.do;
    if (!what) return;
    bar.hidden = true;
    keep("no");
    if (what === "install") await prompt.prompt();
  });
  queue.onChange((all, changed) => {
    if (changed?.state !== "sent" || changed.shown || kept() === "no") return;
    if (["signalled", "received"].includes(changed.answer.effect)) keep(String(Number(kept()) + 1));
  });
  offer();
})();
