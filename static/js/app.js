// Every desk screen: a failed request says so, and a hidden tab asks for nothing.
"use strict";

const TOAST_MS = 8000;

function toast(text) {
  const box = document.getElementById("toasts");
  if ([...box.children].some((shown) => shown.textContent === text)) return;
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  box.append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}

function polls(event) {
  return event.detail.ctx?.sourceElement.hasAttribute("data-poll");
}

document.addEventListener("htmx:config:request", (event) => {
  if (document.hidden && polls(event)) event.preventDefault();
});
document.addEventListener("htmx:error", (event) => {
  const { broken, stale } = document.body.dataset;
  toast(polls(event) ? stale : broken);
});
document.addEventListener("htmx:response:error", (event) => {
  if (event.detail.ctx.response.status >= 500) toast(document.body.dataset.broken);
});

// A disabled or replaced button drops the keyboard to the top of the page: hand it back to the button or its place.
let held = [];
document.addEventListener("htmx:before:request", (event) => {
  if (polls(event)) return;
  const at = document.activeElement;
  held = [at.id, at.closest("[id][tabindex]")?.id].filter(Boolean);
});
document.addEventListener("htmx:finally:request", () => {
  setTimeout(() => {
    if (document.activeElement === document.body) held.map((id) => document.getElementById(id)).find(Boolean)?.focus({ preventScroll: true });
  });
});

document.querySelector("[data-error-summary]")?.focus();
if (document.body.hasAttribute("data-print")) addEventListener("load", () => print());
