// On any other screen than the scanner: a hand scanner's scan signals, and what became of it stands in the corner.
"use strict";

(() => {
  const corner = document.getElementById("corner");
  const said = corner.querySelector("[role=status]");

  entries.show(corner.querySelector("ol"), ({ headline, card }) => (said.textContent = card ? `${card.sku}: ${headline}` : headline), { mine: true });
  wedge.listen((code) => {
    corner.hidden = false;
    if (code) entries.add({ code, mode: "signal" });
    else entries.refuse(entries.texts.stray, "");
  });
  corner.querySelector(".corner__close").onclick = () => (corner.hidden = true);
})();
