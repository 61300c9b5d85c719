// Which of the codes in the picture is meant: the one nearest the centre, close to it, in two passes running.
"use strict";

const reticle = (() => {
  const REACH = 0.18; // of the picture's shorter side: how far from the centre a code may stand
  const AWAY_MS = 3000; // a code that was taken must leave the picture for so long
  const AGAIN_MS = 10000; // and is taken once in so long

  // A reticle with its memory. pass() takes what one picture shows and says what is aimed at and what is taken.
  function make() {
    const taken = new Map(); // text → { at, seen }
    let last = "";

    function nearest(symbols, width, height) {
      const reach = REACH * Math.min(width, height);
      const near = symbols
        .map((symbol) => ({ symbol, off: Math.hypot(symbol.x - width / 2, symbol.y - height / 2) }))
        .filter(({ off }) => off <= reach)
        .sort((one, other) => one.off - other.off);
      return near[0]?.symbol ?? null;
    }

    function isRested(text, now) {
      const before = taken.get(text);
      return !before || (now - before.seen >= AWAY_MS && now - before.at >= AGAIN_MS);
    }

    function pass(symbols, width, height, now) {
      const aimed = nearest(symbols, width, height);
      const steady = aimed !== null && aimed.text === last;
      last = aimed?.text ?? "";
      const take = steady && isRested(aimed.text, now);
      for (const { text } of symbols) if (taken.has(text)) taken.get(text).seen = now;
      if (take) taken.set(aimed.text, { at: now, seen: now });
      return { aimed, take, rested: aimed !== null && (take || !taken.has(aimed.text)) };
    }

    return { pass };
  }

  return { make, REACH, AWAY_MS, AGAIN_MS };
})();
