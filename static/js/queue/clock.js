// How long ago was a gesture? The phone's clock may be wrong, and may be set meanwhile.
//
// In one life (page or worker) performance.now() counts; it may stand still while the phone sleeps, so a leap of the
// clock forward by less than thirty days counts as sleep. Any other leap is the clock being set, and counts nothing.
// Across lives the clocks of phone and server are compared, then and now. What stays unknown counts as thirty days:
// an old scan never orders for a bin that was filled since, it is shown as late.
"use strict";

self.gestureClock = (() => {
  const OLDEST_MS = 30 * 86_400_000;     // the server takes nothing for older
  const LATER_MS = 5_000;                // so much later than now is a clock that was set
  const life = newKey();
  let last = { wall: Date.now(), run: performance.now() };
  let slept = 0;
  let skew = null;                       // the server's clock minus ours, as of the last answer
  let learnt = false;                    // ... in this life

  function lived() {
    const now = { wall: Date.now(), run: performance.now() };
    const leap = now.wall - last.wall - (now.run - last.run);
    if (leap > 0 && leap < OLDEST_MS) slept += leap;
    else if (skew !== null) skew -= leap;
    last = now;
    return now.run + slept;
  }

  // What an entry notes of the moment of its gesture.
  const stamp = () => ({ wall: Date.now(), lived: lived(), life, skew });

  function age(entry) {
    const passed = entry.life === life
      ? lived() - entry.lived
      : Date.now() - entry.wall + (learnt && entry.skew !== null ? skew - entry.skew : 0);
    return passed < -LATER_MS ? OLDEST_MS : Math.round(Math.min(Math.max(passed, 0), OLDEST_MS));
  }

  // Learns from an answer of the server; returns the skew where it is new in this life, to be kept.
  function learn(response, asked) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(date)) return null;
    lived();
    skew = Math.round(date + 500 - (asked + Date.now()) / 2);
    const isNew = !learnt;
    learnt = true;
    return isNew ? skew : null;
  }

  function recall(kept) {
    skew ??= kept ?? null;
  }

  const needsServer = (entry) => entry.life !== life && !learnt;

  return Object.freeze({ life, stamp, age, learn, recall, needsServer, skew: () => skew });
})();
