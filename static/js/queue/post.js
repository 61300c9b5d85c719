// Sends one scan, and reads what the answer means.
"use strict";

self.scanPost = (() => {
  const TIMEOUT_MS = 15_000;
  const TRY_AGAIN = [408, 425, 429];

  // Resolves to { fate, status, answer }. Its fate:
  //   sent, refused   the server's last word        pair, role   not as who we are now (401, 403)
  //   away            no answer, or none of ours    broken       this scan breaks the server; others may pass
  async function send(entry) {
    try {
      if (gestureClock.needsServer(entry)) await ask("/healthz");
      const { status, body } = await ask(`/c/${encodeURIComponent(entry.code)}/scans`, entry);
      return { fate: fate(entry, status, body), status, answer: body };
    } catch {
      return { fate: "away" };
    }
  }

  function fate(entry, status, answer) {
    const understood = answer !== null && typeof answer === "object" && (answer.error || answer.effect);
    if (status >= 200 && status < 300 && answer?.key === entry.key && answer.effect) return "sent";
    if (understood && status === 401) return "pair";
    if (understood && status === 403) return "role";
    if (understood && status >= 400 && status < 500 && !TRY_AGAIN.includes(status)) return "refused";
    return understood && status === 500 ? "broken" : "away";
  }

  async function ask(path, entry) {
    const giveUp = new AbortController();
    const late = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
    const asked = Date.now();
    try {
      const response = await fetch(path, { ...letter(entry), cache: "no-store", redirect: "manual", signal: giveUp.signal });
      const body = JSON.parse(await response.text()); // a login page of the Wi-Fi is no answer
      const skew = gestureClock.learn(response, asked);
      if (skew !== null) scanStore.note("skew", { skew }).catch(() => {});
      return { status: response.status, body };
    } finally {
      clearTimeout(late);
    }
  }

  function letter(entry) {
    const headers = { Accept: "application/json" };
    if (!entry) return { headers };
    headers["Idempotency-Key"] = entry.key;
    const age_ms = gestureClock.age(entry);
    if (entry.form) return { method: "POST", headers, body: new URLSearchParams({ ...entry.form, age_ms }) }; // in the very words of the form
    headers["Content-Type"] = "application/json";
    return { method: "POST", headers, body: JSON.stringify({ ...fields(entry), age_ms }) };
  }

  function fields(entry) {
    const told = { mode: entry.mode, quantity: entry.quantity, sure: entry.sure || null, order: entry.order };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
  }

  return Object.freeze({ send });
})();
