// The scan page: how long Undo still stands, and what to say when the shop's server does not answer.
"use strict";

const TICK_MS = 100;

function countDown(form) {
  const button = form.querySelector("button");
  const left = form.querySelector("[data-left]");
  const seconds = Number(form.dataset.seconds);
  const end = performance.now() + seconds * 1000;
  const timer = setInterval(() => {
    const rest = Math.max(0, end - performance.now()) / 1000;
    left.textContent = `${Math.ceil(rest)} s`;
    button.style.setProperty("--left", (rest / seconds).toFixed(3));
    if (rest > 0 && form.isConnected) return;
    clearInterval(timer);
    form.dataset.over = "yes"; // hidden, not removed: nothing may slide under a thumb
  }, TICK_MS);
}

function start(root) {
  for (const form of root.querySelectorAll("form.undo[data-seconds]")) {
    if (form.dataset.running) continue;
    form.dataset.running = "yes";
    countDown(form);
  }
}

function feel(tone) {
  const pattern = { done: [60], known: [40, 60, 40], look: [120, 80, 120], no: [300] }[tone];
  if (pattern && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pattern);
}

function broken(show) {
  document.getElementById("broken").hidden = !show;
}

document.addEventListener("htmx:before:request", () => broken(false));
document.addEventListener("htmx:after:swap", () => {
  start(document);
  const result = document.querySelector("#result[data-tone]");
  if (!result) return;
  feel(result.dataset.tone);
  result.querySelector("h2")?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
});
document.addEventListener("htmx:error", () => broken(true));
document.addEventListener("htmx:response:error", (event) => broken(event.detail.ctx.response.status >= 500));
start(document);
