// A partly used sheet: its labels as they lie on it, to choose the first free one with a finger or the arrow keys.
// The number beside it says the same and is what is sent; without this script it stands alone.
"use strict";

(() => {
  const fold = document.getElementById("partly");
  const start = document.getElementById("start");
  const grid = fold.querySelector(".positions");
  const paper = () => document.getElementById("stock").selectedOptions[0]?.dataset ?? {};
  let laid = "";

  function label(position) {
    const one = document.createElement("label");
    const radio = document.createElement("input");
    const number = document.createElement("span");
    Object.assign(radio, { type: "radio", name: "sheet-position", value: position, className: "positions__radio" });
    radio.setAttribute("aria-label", fold.dataset.label.replace("{}", position));
    number.textContent = position;
    one.className = "positions__label";
    one.append(radio, number);
    return one;
  }

  function lay() {
    const { columns = 1, rows = 1, ratio } = paper();
    const count = columns * rows;
    if (laid === `${columns} ${rows} ${ratio}`) return;
    laid = `${columns} ${rows} ${ratio}`;
    fold.hidden = count < 2;
    grid.style.setProperty("--columns", columns);
    grid.style.setProperty("--ratio", ratio);
    grid.replaceChildren(...Array.from({ length: fold.hidden ? 0 : count }, (_, index) => label(index + 1)));
    mark();
  }

  function mark() {
    for (const radio of grid.querySelectorAll("input")) {
      radio.checked = radio.value === start.value.trim();
      radio.parentElement.classList.toggle("positions__label--used", Number(radio.value) < Number(start.value));
    }
  }

  function choose(position) {
    start.value = position;
    start.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Up and down go by rows, as the eye does; left and right are the radio buttons' own.
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key] * Number(paper().columns);
    const next = grid.querySelector(`input[value="${Number(event.target.value) + step}"]`);
    if (!step) return;
    event.preventDefault();
    if (!next) return;
    next.focus();
    choose(next.value);
  });
  grid.addEventListener("change", (event) => {
    event.stopPropagation();
    choose(event.target.value);
  });
  start.addEventListener("input", mark);
  start.addEventListener("change", mark);
  document.addEventListener("change", (event) => event.target.id === "stock" && lay());
  document.addEventListener("htmx:after:swap", lay);
  lay();
})();
