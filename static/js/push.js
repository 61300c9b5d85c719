// Messages on this device: asks for leave only after a press, and says by name why it cannot be.
"use strict";

(() => {
  const box = document.getElementById("push");
  if (!box) return;
  const said = document.getElementById("push-said");
  const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  const READY_MS = 10_000, SERVICE_MS = 30_000;

  function obstacle() {
    if (!isSecureContext) return "insecure";
    if (isApple && !navigator.standalone && !("PushManager" in self)) return "homescreen";
    if (!("PushManager" in self && "Notification" in self && "serviceWorker" in navigator) || !document.documentElement.dataset.worker) return "missing";
    return Notification.permission === "denied" ? "denied" : "";
  }

  function show(state) {
    for (const part of box.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  }

  function key() {
    const text = atob(box.dataset.key.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  }

  function within(lasts, promise) {
    return Promise.race([promise, new Promise((_, failed) => setTimeout(failed, lasts, new Error("too late")))]);
  }

  const registration = () => within(READY_MS, navigator.serviceWorker.ready);

  async function post(path, body) {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": queue.newKey() };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.detail || told.error);
    return told;
  }

  async function subscription() {
    return (await registration()).pushManager.getSubscription();
  }

  // A subscription made under another key of ours never works again.
  function isOurs({ options }) {
    const theirs = new Uint8Array(options.applicationServerKey ?? []);
    return key().every((byte, place) => byte === theirs[place]);
  }

  const acts = {
    async on() {
      said.textContent = box.dataset.asking;
      if ((await Notification.requestPermission()) !== "granted") { said.textContent = ""; return paint(); }
      const manager = (await registration()).pushManager;
      const before = await manager.getSubscription();
      if (before && !isOurs(before)) await before.unsubscribe();
      let made;
      try {
        said.textContent = "";
        made = await within(SERVICE_MS, manager.subscribe({ userVisibleOnly: true, applicationServerKey: key() }));
      } catch {
        throw new Error(box.dataset.service);
      }
      said.textContent = (await post("/push/subscriptions", made)).said;
      return paint();
    },
    async off() {
      const made = await subscription();
      if (made) {
        said.textContent = (await post("/push/subscriptions/removal", { endpoint: made.endpoint })).said;
        await made.unsubscribe();
      }
      return paint();
    },
    async test() {
      const made = await subscription();
      said.textContent = (await post("/push/test", { endpoint: made.endpoint })).said;
    },
  };

  async function paint() {
    const why = obstacle();
    if (why) return show(why);
    const made = await subscription();
    return show(made && isOurs(made) ? "on" : "off");
  }

  box.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-do]");
    if (!button) return;
    button.disabled = true;
    try {
      await acts[button.dataset.do]();
    } catch (error) {
      said.textContent = error instanceof TypeError || !error.message ? box.dataset.broken : error.message;
    }
    button.disabled = false;
  });
  paint().catch(() => show("missing"));
})();
