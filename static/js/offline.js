// Every page: starts the service worker, says what is not sent yet, and that a new version is here.
"use strict";

const offline = (() => {
  const CHECK_MS = 3_600_000;
  const root = document.documentElement;
  const chip = document.getElementById("unsent");
  const renewal = document.getElementById("renewal");

  // --- What is not sent yet -----------------------------------------------------------------------------------------
  function say(kind, number) {
    chip.hidden = false;
    chip.dataset.kind = kind;
    chip.textContent = chip.dataset[kind].replace("{}", number);
  }

  function count() {
    const { unsent, asking, trouble, lost, fragile } = queue.status();
    if (lost) say("lost", lost);
    else if (unsent) say(trouble === "pair" || trouble === "role" ? "refused" : fragile ? "fragile" : "waiting", unsent);
    else if (asking) say("asking", asking);
    else chip.hidden = true;
  }

  if (chip) queue.onChange(count);

  // --- The worker and its versions ------------------------------------------------------------------------------------
  // A page that scans says so by this attribute; no new version takes over meanwhile.
  function scanning() {
    return root.dataset.scanning === "yes";
  }

  function takeOver(worker, anyway) {
    return new Promise((done) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => done(data);
      worker.postMessage({ type: "take-over", anyway }, [port2]);
    });
  }

  async function renew(registration) {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    const { code } = await takeOver(registration.waiting, false);
    if (renewal && code !== root.dataset.code) renewal.hidden = false;
  }

  async function reload() {
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration?.waiting) await takeOver(registration.waiting, true);
    location.reload();
  }

  async function leave() {               // KANBAN_OFFLINE=no: nothing is kept any more, but the queue
    await (await navigator.serviceWorker.getRegistration())?.unregister();
    for (const name of await caches.keys()) if (name.startsWith("kanban-")) await caches.delete(name);
  }

  async function work() {
    const worker = navigator.serviceWorker;
    if (!root.dataset.worker) return leave();
    worker.addEventListener("message", ({ data, ports }) => data?.type === "scanning?" && ports[0].postMessage(scanning()));
    worker.startMessages();
    const registration = await worker.register(root.dataset.worker, { scope: "/", updateViaCache: "none" });
    registration.addEventListener("updatefound", () => {
      const coming = registration.installing;
      coming.addEventListener("statechange", () => coming.state === "installed" && renew(registration));
    });
    renew(registration);
    let checked = Date.now();
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || Math.abs(Date.now() - checked) < CHECK_MS) return;
      checked = Date.now();
      registration.update().catch(() => {});
    });
    setInterval(() => registration.update().catch(() => {}), CHECK_MS);
    return registration;
  }

  renewal?.querySelector("button").addEventListener("click", reload);
  if ("serviceWorker" in navigator) {
    const begin = () => work().catch(() => {}); // no worker: everything but the cold start works without
    if (document.readyState === "complete") begin();
    else addEventListener("load", begin);
  }

  // --- A photo that another app has shared with us: for the scanner, once ---------------------------------------------
  async function sharedPhoto() {
    if (!self.caches) return null;
    const kept = await caches.open("kanban-shared");
    const answer = await kept.match("/shared");
    await kept.delete("/shared");
    return answer ? answer.blob() : null;
  }

  return Object.freeze({ sharedPhoto });
})();
