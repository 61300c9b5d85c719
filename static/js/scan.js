// The scan page: signals by itself where it may, shows how long Undo still stands, and says when nobody answers.
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

// A card opened by the camera of a paired phone signals by itself: once, in a page that somebody sees and has just
// opened. The address becomes the plain one first, so that reload, back, a restored or a copied tab only look.
const LONGEST_WAIT_MS = 45_000;

function seen() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((done) => document.addEventListener("visibilitychange", function look() {
    if (document.visibilityState !== "visible") return;
    document.removeEventListener("visibilitychange", look);
    done();
  }));
}

function sendOnce(form) {
  const nonce = Object.assign(document.createElement("input"), { type: "hidden", name: "nonce", value: form.dataset.nonce });
  form.append(nonce);
  const going = document.querySelector(".going");
  going.hidden = false;
  document.addEventListener("htmx:finally:request", () => {
    going.hidden = true;
    nonce.remove();                        // a later press needs none
  }, { once: true });
  form.requestSubmit();
}

async function signalByItself() {
  const { plain, again } = document.body.dataset;
  const scanned = location.pathname.startsWith("/c/") && performance.getEntriesByType("navigation")[0]?.type === "navigate";
  history.replaceState(null, "", plain);
  const form = document.querySelector("form[data-nonce]");
  if (!scanned || !(again || form)) return;
  await seen();
  if (again) return location.replace(again);
  if (performance.now() < LONGEST_WAIT_MS && !form.querySelector("button").disabled) sendOnce(form);
}

if (document.prerendering) {
  document.addEventListener("prerenderingchange", () => location.replace(`${location.pathname}?again`), { once: true });
} else {
  setTimeout(signalByItself); // htmx, which was loaded before, takes the forms in hand first
}

// A hand scanner that reads another card here goes on in the scanner, which knows its keys, and has the list with Undo.
let burst = [];

function hand(event) {
  if (event.target.matches("input, textarea, select")) return;
  const last = burst.at(-1);
  const { key, code, shiftKey, timeStamp: at } = event;
  if (key === "Enter" || key === "Tab" || (event.ctrlKey && key === "j")) {
    if (burst.length > 11 && at - last.at < 120 && (last.at - burst[0].at) / (burst.length - 1) < 35) {
      event.preventDefault();
      sessionStorage.setItem("kanban.keys", JSON.stringify(burst));
      location.assign("/scan");
    }
    burst = [];
  } else if (key.length === 1) {
    if (last && at - last.at > 60) burst = [];
    burst.push({ key, code, shiftKey, at });
  }
}

if ("hand" in document.body.dataset) document.addEventListener("keydown", hand, true);
