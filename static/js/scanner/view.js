// What the camera's frame shows: the picture, the ring, the code it aims at, and what to do where there is no picture.
"use strict";

const view = (() => {
  const FLASH_MS = 700;
  const frame = document.getElementById("view");
  const picture = document.getElementById("picture");
  const marks = document.getElementById("marks");
  const outline = marks.querySelector("polygon");
  const flashing = document.getElementById("flash");
  let timer = 0;

  const platform = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
    ? "ios" : /Android/.test(navigator.userAgent) ? "android" : "any";

  // closed, opening, open or failed
  function turn(state) {
    frame.dataset.state = state;
    document.getElementById("failure").hidden = state !== "failed";
    if (state !== "open") outline.removeAttribute("points");
  }

  function fail(name) {
    turn("failed");
    for (const each of document.querySelectorAll("[data-failure]")) {
      each.hidden = each.dataset.failure !== name;
      const hints = [...each.querySelectorAll("[data-platform]")];
      const fitting = hints.find(({ dataset }) => dataset.platform === platform) ?? hints.find(({ dataset }) => dataset.platform === "any");
      for (const hint of hints) hint.hidden = hint !== fitting;
    }
  }

  // Draws the outline of the code that is aimed at; the marks lie over the picture as it covers the frame.
  function mark({ aimed, take, width, height }) {
    marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    frame.style.setProperty("--ring", String(reach(width, height)));
    if (!aimed) return outline.removeAttribute("points");
    outline.setAttribute("points", aimed.corners.map(({ x, y }) => `${x},${y}`).join(" "));
    outline.classList.toggle("is-taken", take);
  }

  // The ring's radius on the screen, in pixels: the reticle's reach in a picture that covers the frame.
  function reach(width, height) {
    const scale = Math.max(frame.clientWidth / width, frame.clientHeight / height);
    return Math.round(reticle.REACH * Math.min(width, height) * scale);
  }

  function flash(tone, word) {
    clearTimeout(timer);
    frame.dataset.flash = tone;
    flashing.textContent = word;
    timer = setTimeout(() => delete frame.dataset.flash, FLASH_MS);
  }

  return { fail, flash, mark, picture, turn };
})();
