// The scans of this phone, kept until the server has acknowledged them. Runs in pages and in the service worker.
//
//   queue.add({ code, mode, quantity, sure, order })   at the gesture: keeps the scan, sends it, returns its entry
//   queue.onChange((entries, changed) => …)            calls back now and after every change, in every open tab
//   queue.flush()                                      sends what waits, in its order; resolves to "all" or "later"
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
  const OLDEST_MS = 30 * 86_400_000;     // the server takes nothing for older
  const TIMEOUT_MS = 15_000;
  const LEASE_MS = 40_000;
  const FIRST_PAUSE_MS = 2_000, LONGEST_PAUSE_MS = 300_000, REFUSED_PAUSE_MS = 3_600_000;
  const KEPT_SHOWN_MS = 12 * 3_600_000;
  const NAME = "kanban-queue";
  const page = typeof document !== "undefined";

  const entries = new Map();             // what the store holds, as this page knows it
  const saving = new Map();              // key → the promise that it is on the disk, or known not to be
  const listeners = new Set();
  const channel = self.BroadcastChannel ? new BroadcastChannel(NAME) : null;
  let trouble = "";                      // "", "away" (no good answer), "pair" (401), "role" (403)
  let lost = 0;

  function newKey() {
    if (self.crypto.randomUUID) return self.crypto.randomUUID();
    const bytes = self.crypto.getRandomValues(new Uint8Array(16)); // plain HTTP has no randomUUID
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  // --- Time: how long ago was the gesture? The phone's clock may be wrong, and may be set meanwhile. -----------------
  // In one life (page or worker) performance.now() counts; it may stand still while the phone sleeps, so a leap of the
  // clock forward by less than thirty days counts as sleep. Any other leap is the clock being set, and counts nothing.
  // Across lives the clocks of phone and server are compared, then and now. What stays unknown counts as thirty days:
  // an old scan never orders for a bin that was filled since, it is shown as late.
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

  function age(entry) {
    const passed = entry.life === life
      ? lived() - entry.lived
      : Date.now() - entry.wall + (learnt && entry.skew !== null ? skew - entry.skew : 0);
    return passed < -5_000 ? OLDEST_MS : Math.round(Math.min(Math.max(passed, 0), OLDEST_MS));
  }

  function learnTime(response, asked) {
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (Number.isNaN(date)) return;
    lived();
    skew = Math.round(date + 500 - (asked + Date.now()) / 2);
    if (!learnt) transact("readwrite", (scans, meta) => meta.put({ name: "skew", skew })).catch(() => {});
    learnt = true;
  }

  // --- The store ------------------------------------------------------------------------------------------------------
  let opened = null;

  function open() {
    opened ??= new Promise((done, failed) => {
      const request = self.indexedDB.open("kanban", 1);
      request.onupgradeneeded = () => {
        const scans = request.result.createObjectStore("scans", { keyPath: "n", autoIncrement: true });
        scans.createIndex("key", "key", { unique: true });
        scans.createIndex("state", "state");
        request.result.createObjectStore("meta", { keyPath: "name" }).put({ name: "store", id: newKey(), added: 0 });
      };
      request.onerror = () => failed(request.error);
      request.onsuccess = () => {
        request.result.onversionchange = () => { request.result.close(); opened = null; };
        request.result.onclose = () => { opened = null; };
        done(request.result);
      };
    });
    opened.catch(() => { opened = null; });
    return opened;
  }

  async function transact(mode, work) {
    const database = await open();
    return new Promise((done, failed) => {
      const transaction = database.transaction(["scans", "meta"], mode, { durability: "strict" });
      const told = { value: undefined };
      transaction.oncomplete = () => done(told.value);
      transaction.onabort = () => failed(transaction.error);
      work(transaction.objectStore("scans"), transaction.objectStore("meta"), told);
    });
  }

  // Change the entry of a key by what change() returns: a new entry, null to delete it, undefined to leave it.
  async function update(key, change) {
    await saving.get(key);
    const known = entries.get(key);
    const changed = known?.fragile ? change(known) : await transact("readwrite", (scans, meta, told) => {
      scans.index("key").openCursor(key).onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        told.value = change(cursor.value);
        if (told.value) cursor.update(told.value);
        else if (told.value === null) cursor.delete();
      };
    });
    if (changed !== undefined) tell(key, changed);
    return changed;
  }

  function tell(key, entry) {
    if (entry) entries.set(key, entry);
    else entries.delete(key);
    if (entry?.state !== "saving" && !entry?.fragile) channel?.postMessage({ key, entry, trouble });
    announce(entry);
  }

  function announce(changed) {
    mark();
    const { unsent } = status();
    (unsent ? navigator.setAppBadge?.(unsent) : navigator.clearAppBadge?.())?.catch(() => {});
    const all = [...entries.values()];
    for (const listener of listeners) listener(all, changed ?? null);
  }

  function nextWaiting(aside) {
    const loose = [...entries.values()].find((entry) => entry.fragile && entry.state === "waiting" && !aside.has(entry.code));
    if (loose) return loose;
    return transact("readonly", (scans, meta, told) => {
      scans.index("state").openCursor("waiting").onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (aside.has(cursor.value.code)) cursor.continue();
        else told.value = cursor.value;
      };
    }).catch(() => undefined);           // no store: all there is, is in this page
  }

  // --- What should be there: a browser may throw the store away --------------------------------------------------------
  let store = null;                      // { id, added }

  function mark() {
    if (!page || !store) return;
    const text = [store.id, store.added, status().unsent].join(".");
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${NAME}=${text}; path=/; max-age=34560000; SameSite=Lax${secure}`;
    try { localStorage.setItem(NAME, text); } catch { /* storage is closed: the cookie says it */ }
  }

  function marked() {
    if (!page) return null;
    let text = null;
    try { text = localStorage.getItem(NAME); } catch { /* see above */ }
    text ??= document.cookie.split("; ").find((each) => each.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
    const [id, added, unsent] = text?.split(".") ?? [];
    return id ? { id, added: Number(added), unsent: Number(unsent) } : null;
  }

  function missing(before, now) {
    if (!before) return 0;
    return before.id === now.id ? Math.max(0, before.added - now.added) : before.unsent;
  }

  // --- Keeping and sending ---------------------------------------------------------------------------------------------
  function add({ code, mode = "signal", quantity = null, sure = false, order = null, key = newKey(), form = false, send = true }) {
    if (entries.has(key)) return entries.get(key);
    const entry = { key, code, mode, quantity, sure, order, form, state: "saving", tries: 0, answer: null,
      wall: Date.now(), lived: lived(), life, skew };
    tell(key, entry);
    saving.set(key, keep(entry).then(() => saving.delete(key)).then(() => { if (send) flush(); }));
    return entry;
  }

  async function keep(entry) {
    await ready;
    const kept = { ...entry, state: "waiting", skew: entry.skew ?? skew };
    try {
      store = await transact("readwrite", (scans, meta, told) => {
        meta.get("store").onsuccess = ({ target: { result: known } }) => {
          told.value = { ...known, added: known.added + 1 };
          meta.put(told.value);
          scans.add(kept).onsuccess = ({ target: { result } }) => { kept.n = result; };
        };
      });
    } catch {
      kept.fragile = true;               // only this page knows it: say so, and try to keep the person here
    }
    tell(kept.key, kept);
    if (!page) return;
    navigator.storage?.persist?.().catch(() => {});
    navigator.serviceWorker?.ready.then((worker) => worker.sync?.register(NAME)).catch(() => {});
  }

  let running = null, again = false, timer = 0, pauses = 0;

  function flush() {
    if (running) { again = true; return running; }
    clearTimeout(timer);
    running = ready.then(() => alone(pass)).catch(() => "later").then((outcome) => {
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
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** pauses++) * (0.5 + Math.random());
  }

  async function alone(work) {           // one sender at a time, in all tabs and the worker
    if (navigator.locks) return navigator.locks.request(NAME, work);
    return await lease() ? work().finally(() => lease(0)) : "later";
  }

  function lease(lasts = LEASE_MS) {     // plain HTTP has no locks
    return transact("readwrite", (scans, meta, told) => {
      meta.get("lease").onsuccess = ({ target: { result: held } }) => {
        const left = held ? held.until - Date.now() : 0;
        told.value = !held || held.owner === life || left <= 0 || left > LEASE_MS;
        if (told.value) meta.put({ name: "lease", owner: life, until: Date.now() + lasts });
      };
    }).catch(() => true);
  }

  async function pass() {
    const aside = new Set();             // cards whose scan broke the server: theirs wait, others go on
    for (let entry; (entry = await nextWaiting(aside));) {
      if (!navigator.locks) await lease();
      const outcome = await send(entry);
      if (outcome === "stop") return "later";
      if (outcome === "aside") aside.add(entry.code);
    }
    if (!aside.size) say("");
    return aside.size ? "later" : "all";
  }

  async function send(waiting) {
    const entry = await update(waiting.key, (now) => (now.state === "waiting" ? { ...now, tries: now.tries + 1 } : undefined));
    if (!entry) return "next";
    try {
      if (entry.life !== life && !learnt) learnTime(...await ask("/healthz"));
      const [response, asked, body] = await ask(`/c/${encodeURIComponent(entry.code)}/scans`, entry);
      learnTime(response, asked);
      return await settle(entry, response.status, body);
    } catch {
      say("away");
      return "stop";
    }
  }

  function fields(entry) {
    const told = { mode: entry.mode, quantity: entry.quantity, sure: entry.sure || null, order: entry.order };
    return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
  }

  async function ask(path, entry) {
    const giveUp = new AbortController();
    const late = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
    const asked = Date.now();
    const options = { headers: { Accept: "application/json" }, cache: "no-store", redirect: "manual", signal: giveUp.signal };
    if (entry) {
      const told = entry.form || fields(entry); // a press of a form is told again in the very words of the form
      options.method = "POST";
      options.headers["Idempotency-Key"] = entry.key;
      options.body = entry.form ? new URLSearchParams({ ...told, age_ms: age(entry) }) : JSON.stringify({ ...told, age_ms: age(entry) });
      if (!entry.form) options.headers["Content-Type"] = "application/json";
    }
    try {
      const response = await fetch(path, options);
      const body = JSON.parse(await response.text()); // a login page of the Wi-Fi is no answer
      return [response, asked, body];
    } finally {
      clearTimeout(late);
    }
  }

  async function settle(entry, status, answer) {
    const understood = answer !== null && typeof answer === "object" && (answer.error || answer.effect);
    if (status >= 200 && status < 300 && answer?.key === entry.key && answer.effect) {
      await update(entry.key, (now) => ({ ...now, state: "sent", status, answer }));
      pauses = 0;                        // some get through: no reason for long pauses
      say("");
      return "next";
    }
    if (understood && (status === 401 || status === 403)) return say(status === 401 ? "pair" : "role"), "stop";
    if (understood && status >= 400 && status < 500 && ![408, 425, 429].includes(status)) {
      await update(entry.key, (now) => ({ ...now, state: "refused", status, answer }));
      return "next";
    }
    say("away");
    return understood && status === 500 ? "aside" : "stop";
  }

  function say(word) {
    if (word === trouble) return;
    trouble = word;
    channel?.postMessage({ trouble });
    announce();
  }

  // --- What screens ask and do ---------------------------------------------------------------------------------------
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

  function drop(key) {
    return update(key, () => null).catch(() => {});
  }

  async function takeBack(key) {
    return await update(key, (now) => (now.state === "waiting" && now.tries === 0 ? null : undefined)) === null;
  }

  async function forgetLost() {
    lost = 0;
    await transact("readwrite", (scans, meta) => meta.delete("lost")).catch(() => {});
    announce();
  }

  function onChange(listener) {
    listeners.add(listener);
    listener([...entries.values()], null);
    return () => listeners.delete(listener);
  }

  // --- The start -------------------------------------------------------------------------------------------------------
  async function start() {
    const before = marked();
    const told = await transact("readwrite", (scans, meta, found) => {
      found.value = { all: [], lost: 0 };
      scans.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        const { value } = cursor;
        if (value.shown && !asks(value) && Math.abs(Date.now() - value.wall) > KEPT_SHOWN_MS) cursor.delete();
        else found.value.all.push(value);
        cursor.continue();
      };
      meta.get("skew").onsuccess = ({ target }) => { skew ??= target.result?.skew ?? null; };
      meta.get("store").onsuccess = ({ target: { result: now } }) => {
        found.value.store = now;
        meta.get("lost").onsuccess = ({ target }) => {
          found.value.lost = (target.result?.count ?? 0) + missing(before, now);
          if (found.value.lost) meta.put({ name: "lost", count: found.value.lost });
        };
      };
    });
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

  return Object.freeze({ add, onChange, flush, shown, dismiss, drop, takeBack, forgetLost, status, asks, newKey });
})();
