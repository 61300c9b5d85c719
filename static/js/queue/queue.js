// The scans of this phone, kept until the server has acknowledged them. Runs in pages and in the service worker.
//
//   queue.add({ code, mode, quantity, sure, order })   at the gesture: keeps the scan, sends it, returns its entry
//   queue.onChange((entries, changed) => …)            calls back now and after every change, in every open tab
//   queue.flush()                                      sends what waits, in its order; resolves to "all" or "later"
//   queue.hold(press)    keeps a press that a form is sending: until it is let go, or some seconds, nobody else sends it
//   queue.letGo(key)     the form got no answer: the queue sends it; resolves to true if the phone keeps it
//   queue.shown(key)     this answer was on the screen: the entry may leave the store
//   queue.dismiss(key)   the person has read the refusal: it leaves the store
//   queue.drop(key)      somebody else has shown the server's answer to this very key
//   queue.takeBack(key)  resolves to true if the scan was never tried and is gone now
//   queue.status()       { unsent, asking, trouble, fragile, lost }
//
// An entry: { key, code, mode, quantity, sure, order, state, tries, answer, status, fragile }. Its state:
//   saving    not on the phone's disk yet
//   waiting   kept: "will send"
//   sent      acknowledged: answer is the server's JSON (effect, order, event, reason, card …)
//   refused   the server understood and said no: answer.error, answer.detail, or answer.effect "refused" with its reason
// docs/offline.md explains states, order and time to people.
"use strict";

self.queue = (() => {
  const FIRST_PAUSE_MS = 2_000, LONGEST_PAUSE_MS = 300_000, REFUSED_PAUSE_MS = 3_600_000;
  const KEPT_SHOWN_MS = 12 * 3_600_000;
  const HOLD_MS = 20_000;                // longer than a form waits for its answer
  const NAME = "kanban-queue";
  const page = typeof document !== "undefined";

  const entries = new Map();             // what the store holds, as this page knows it
  const saving = new Map();              // key → the promise that it is on the disk, or known not to be
  const listeners = new Set();
  const channel = self.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  let trouble = "";                      // "", "away" (no good answer), "pair" (401), "role" (403)
  let lost = 0;
  let store = null;                      // { id, added }

  // --- Telling ----------------------------------------------------------------------------------------------------------
  function tell(key, entry) {
    if (entry) entries.set(key, entry);
    else entries.delete(key);
    if (entry?.state !== "saving" && !entry?.fragile) channel?.postMessage({ key, entry, trouble });
    announce(entry);
  }

  function announce(changed) {
    const { unsent } = status();
    if (page && store) storeMark.write(store, unsent);
    (unsent ? navigator.setAppBadge?.(unsent) : navigator.clearAppBadge?.())?.catch(() => {});
    const all = [...entries.values()];
    for (const listener of listeners) listener(all, changed ?? null);
  }

  function say(word) {
    if (word === trouble) return;
    trouble = word;
    channel?.postMessage({ trouble });
    announce();
  }

  async function update(key, change) {
    await saving.get(key);
    const known = entries.get(key);
    const changed = known?.fragile ? change(known) : await scanStore.update(key, change);
    if (changed !== undefined) tell(key, changed);
    return changed;
  }

  // --- Keeping ----------------------------------------------------------------------------------------------------------
  function add({ code, mode = "signal", quantity = null, sure = false, order = null, key = newKey(), form = false, held = 0 }) {
    if (entries.has(key)) return entries.get(key);
    const entry = { key, code, mode, quantity, sure, order, form, held, state: "saving", tries: held ? 1 : 0, answer: null, ...gestureClock.stamp() };
    tell(key, entry);
    saving.set(key, keep(entry).then(() => saving.delete(key)).then(() => { if (!held) flush(); }));
    return entry;
  }

  async function keep(entry) {
    await ready;
    const kept = { ...entry, state: "waiting", skew: entry.skew ?? gestureClock.skew() };
    try {
      ({ n: kept.n, store } = await scanStore.add(kept));
    } catch {
      kept.fragile = true;               // only this page knows it: say so, and try to keep the person here
    }
    tell(kept.key, kept);
    if (!page) return;
    navigator.storage?.persist?.().catch(() => {});
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register(NAME)).catch(() => {});
  }

  function hold(press) {
    const held = Date.now() + HOLD_MS;
    if (!entries.has(press.key)) return add({ ...press, held });
    return update(press.key, (now) => (now.state === "waiting" ? { ...now, held } : undefined)).catch(() => {});
  }

  async function letGo(key) {
    await update(key, (now) => (now.held ? { ...now, held: 0 } : undefined)).catch(() => {});
    flush();
    return entries.has(key) && !entries.get(key).fragile;
  }

  // A page that died holds nothing for long, nor does a clock that was set meanwhile.
  function isHeld({ held = 0 }) {
    const left = held - Date.now();
    return left > 0 && left <= HOLD_MS;
  }

  // --- Sending ----------------------------------------------------------------------------------------------------------
  let running = null, again = false, timer = 0, pauses = 0;

  function flush() {
    if (running) { again = true; return running; }
    clearTimeout(timer);
    running = ready.then(() => senderTurn.alone(pass)).catch(() => "later").then((outcome) => {
      running = null;
      if (again) { again = false; return flush(); }
      if (outcome === "all") pauses = 0;
      else if (page) timer = setTimeout(flush, pause());
      return outcome;
    });
    return running;
  }

  function pause() {
    if (trouble === "pair" || trouble === "role") return REFUSED_PAUSE_MS; // each try is on record at the server
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (trouble ? pauses++ : 0)) * (0.5 + Math.random());
  }

  async function pass() {
    const aside = new Set();             // cards whose scan broke the server, or is in another's hand: others go on
    const isNext = (entry) => {
      if (isHeld(entry)) aside.add(entry.code);
      return !aside.has(entry.code);
    };
    for (let entry; (entry = await nextWaiting(isNext));) {
      await senderTurn.goOn();
      const outcome = await send(entry);
      if (outcome === "stop") return "later";
      if (outcome === "aside") aside.add(entry.code);
    }
    if (!aside.size) say("");
    return aside.size ? "later" : "all";
  }

  function nextWaiting(isNext) {
    const loose = [...entries.values()].find((entry) => entry.fragile && entry.state === "waiting" && isNext(entry));
    if (loose) return loose;
    return scanStore.nextWaiting(isNext).catch(() => undefined); // no store: all there is, is in this page
  }

  async function send({ key }) {
    const entry = await update(key, (now) => (now.state === "waiting" && !isHeld(now) ? { ...now, tries: now.tries + 1 } : undefined));
    if (!entry) return "next";
    const { fate, status: code, answer } = await scanPost.send(entry);
    if (fate !== "sent" && fate !== "refused") {
      say(fate === "broken" ? "away" : fate);
      return fate === "broken" ? "aside" : "stop";
    }
    await update(key, (now) => ({ ...now, state: fate, status: code, answer }));
    if (fate === "sent") {
      pauses = 0;                        // some get through: no reason for long pauses
      say("");
    }
    return "next";
  }

  // --- What screens ask and do ------------------------------------------------------------------------------------------
  // Whether the person must still look at it: the server has answered, and nothing was ordered or received.
  function asks({ state, answer }) {
    return state === "refused" || (state === "sent" && ["asked", "stale", "nothing", "refused"].includes(answer.effect));
  }

  function status() {
    const all = [...entries.values()];
    const unsent = all.filter(({ state }) => state === "saving" || state === "waiting");
    return { unsent: unsent.length, asking: all.filter(asks).length, trouble, lost, fragile: unsent.some((entry) => entry.fragile) };
  }

  function shown(key) {
    return update(key, (now) => (now.state === "sent" && !now.shown ? { ...now, shown: true } : undefined)).catch(() => {});
  }

  function dismiss(key) {
    return update(key, (now) => (now.state === "sent" || now.state === "refused" ? null : undefined)).catch(() => {});
  }

  async function drop(key) {
    await update(key, () => null).catch(() => {});
  }

  async function takeBack(key) {
    return await update(key, (now) => (now.state === "waiting" && now.tries === 0 ? null : undefined)) === null;
  }

  async function forgetLost() {
    lost = 0;
    await scanStore.forget("lost").catch(() => {});
    announce();
  }

  function onChange(listener) {
    listeners.add(listener);
    listener([...entries.values()], null);
    return () => listeners.delete(listener);
  }

  // --- The start ----------------------------------------------------------------------------------------------------------
  const isOver = (entry) => entry.shown && !asks(entry) && Math.abs(Date.now() - entry.wall) > KEPT_SHOWN_MS;

  async function start() {
    const before = page ? storeMark.read() : null;
    const told = await scanStore.load(isOver, (now) => storeMark.missing(before, now));
    gestureClock.recall(told.skew);
    for (const [key, entry] of entries) if (entry.state !== "saving" && !entry.fragile) entries.delete(key);
    for (const entry of told.all) entries.set(entry.key, entry);
    ({ store, lost } = told);
    announce();
  }

  let ready = start().catch(() => {});

  if (channel) channel.onmessage = ({ data }) => {
    trouble = data.trouble;
    if (data.entry) entries.set(data.key, data.entry);
    else if (data.key) entries.delete(data.key);
    announce(data.entry);
  };
  if (page) {
    self.addEventListener("online", flush);
    self.addEventListener("pageshow", ({ persisted }) => {
      if (persisted) ready = start().catch(() => {}); // what other tabs did meanwhile, this one has slept through
      flush();
    });
    document.addEventListener("visibilitychange", () => document.hidden || flush());
    self.addEventListener("beforeunload", (event) => status().fragile && event.preventDefault());
    ready.then(() => status().unsent && flush());
  }

  return Object.freeze({ add, onChange, flush, hold, letGo, shown, dismiss, drop, takeBack, forgetLost, status, asks, newKey });
})();
