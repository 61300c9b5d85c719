// The scan page: on a phone that knows the app, a press is kept before it leaves, so that bad Wi-Fi or a flat battery
// loses none. The form sends it as ever; the queue takes over, with the same key, where no answer comes.
// Stands before scan.js in the page: what that one sends by itself is a press too.
"use strict";

(() => {
  if (!document.cookie.includes("kanban-queue=")) return; // the first visit of a stranger loads nothing more
  const kept = document.getElementById("kept-press");
  const presses = new Map();               // key → the form
  const sent = new Set();                  // keys whose answer the queue has
  const answered = new Set();              // keys whose answer the page shows
  const NO_ANSWERS = [408, 425, 429];
  const PAUSE_MS = 2_000;

  function load(address) {
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, onload: done, onerror: failed });
      document.head.append(script);
    });
  }

  const loaded = kept.dataset.scripts.trim().split(" ").reduce((before, address) => before.then(() => load(address)), Promise.resolve());

  function pressed(form) {
    const code = form?.action && new URL(form.action).pathname.match(/^\/c\/(\w+)\/scans$/)?.[1];
    if (!code) return null;
    const { key, nonce, ...told } = Object.fromEntries(new FormData(form));
    return { key, code, mode: told.mode ?? "signal", form: told };
  }

  function of({ detail }) {
    return pressed(detail.ctx?.sourceElement?.closest("form"));
  }

  function show(isKept) {
    kept.hidden = !isKept;
    if (isKept) document.getElementById("broken").hidden = true;
  }

  document.addEventListener("htmx:before:request", (event) => {
    const press = of(event);
    if (!press) return;
    presses.set(press.key, event.detail.ctx.sourceElement.closest("form"));
    loaded.then(() => answered.has(press.key) || queue.hold(press)).catch(() => {});
  });

  function settle(event) {
    const press = of(event);
    if (!press) return;
    const status = event.type === "htmx:error" ? 0 : event.detail.ctx.response.status;
    const isAnswer = status > 0 && status < 500 && !NO_ANSWERS.includes(status);
    if (isAnswer) answered.add(press.key);
    else if (sent.has(press.key)) setTimeout(ask, PAUSE_MS, press.key);
    loaded.then(() => (isAnswer ? queue.drop(press.key) : queue.letGo(press.key))).then(show).catch(() => {});
  }

  document.addEventListener("htmx:after:request", settle);
  document.addEventListener("htmx:error", settle);

  // The queue got through: the form asks, with the same key, until it shows the answer that the first try had.
  function ask(key) {
    const form = presses.get(key);
    if (form?.isConnected && !answered.has(key)) form.requestSubmit();
  }

  loaded.then(() => queue.onChange((all, entry) => {
    if (!entry?.answer || sent.has(entry.key)) return;
    sent.add(entry.key);
    ask(entry.key);
  })).catch(() => {});
})();
