// The list of results: each scan with what became of it. Nothing looks done before the server has said so.
"use strict";

const entries = (() => {
  const texts = JSON.parse(document.getElementById("scan-texts").textContent);
  const template = document.getElementById("entry");
  const MARKS = { done: "tick", known: "clock", look: "look", no: "no", kept: "kept", plain: "search" };
  const MOST_SHOWN = 200;
  const TICK_MS = 250;
  const rows = new Map(); // key → { key, code, element, entry, mine, verdict, undoEnds, returning }
  let list = null;
  let told = () => {};
  let onlyMine = false;

  const filled = (text, value) => text.replace("{}", value);
  const said = ([headline, text], tone) => ({ tone, headline, text, facts: [] });

  // --- What an entry says ---------------------------------------------------------------------------------------------
  function words(row) {
    const { entry } = row;
    if (row.verdict) return row.verdict;
    if (entry.answer?.verdict) return entry.answer.verdict;
    if (entry.state === "refused") return said([entry.answer.error, entry.answer.detail ?? ""], "no");
    return said(...waits(row));
  }

  function waits({ entry, returning }) {
    if (returning) return [texts.states.returning, "kept"];
    const { trouble } = queue.status();
    if (entry.fragile) return [texts.states.fragile, "look"];
    if (entry.state === "waiting" && texts.trouble[trouble]) return [texts.trouble[trouble], "look"];
    if (entry.state === "waiting" && !trouble) return [texts.states.sending, "kept"];
    return [texts.states[entry.state] ?? texts.states.sending, "kept"];
  }

  function paint(row) {
    const { element, entry } = row;
    const what = words(row);
    const card = entry.answer?.card;
    element.dataset.tone = what.tone;
    element.dataset.state = row.verdict ? "over" : entry.state;
    element.querySelector(".entry__mark use").setAttribute("href", `${texts.icons}#${MARKS[what.tone]}`);
    element.querySelector(".entry__headline").textContent = what.headline;
    element.querySelector("[data-sku]").textContent = card?.sku ?? codes.grouped(row.code);
    element.querySelector("[data-name]").textContent = card?.item ?? "";
    element.querySelector(".entry__text").textContent = what.text;
    element.querySelector(".entry__facts").replaceChildren(...(what.facts ?? []).map(fact));
    hand(row, what);
  }

  function fact(text) {
    const part = document.createElement("bdi");
    part.textContent = text;
    return part;
  }

  // --- What one can do with it ----------------------------------------------------------------------------------------
  function hand(row, what) {
    const unsent = row.entry.state === "saving" || row.entry.state === "waiting";
    offer(row, "undo", unsent || isUndoable(row, what), texts.undo.label);
    const sure = what.actions?.find(({ fields }) => fields.sure);
    offer(row, "sure", Boolean(sure) && !row.answered, sure?.label);
    offer(row, "change", Boolean(what.correction), texts.quantity.change);
    offer(row, "again", row.entry.state === "unread", texts.again);
    const trouble = unsent && queue.status().trouble === "pair";
    const open = offer(row, "open", Boolean(row.code) && (trouble || Boolean(row.entry.answer?.card)), trouble ? texts.sign_in : texts.open);
    open.href = trouble ? `/device?next=${location.pathname}` : `/cards/${row.code}`;
  }

  function offer(row, name, offered, label) {
    const control = row.element.querySelector(`[data-do="${name}"]`);
    if (control.hidden === offered) control.hidden = !offered;
    const words = control.querySelector("span") ?? control;
    if (offered && !(name === "undo" && row.undoEnds)) words.textContent = label;
    return control;
  }

  function isUndoable(row, what) {
    if (row.entry.state !== "sent" || !what.undo || row.verdict) return false;
    if (!row.undoEnds) row.undoEnds = Date.now() + what.undo.seconds * 1000 - (row.mine ? 0 : Date.now() - row.entry.wall);
    return Date.now() < row.undoEnds;
  }

  function tick() {
    for (const row of rows.values()) {
      const button = row.undoEnds && row.element.querySelector('[data-do="undo"]:not([hidden])');
      if (!button) continue;
      const left = Math.ceil((row.undoEnds - Date.now()) / 1000);
      if (left > 0) button.querySelector("span").textContent = filled(texts.undo.left, left);
      else paint(row);
    }
  }

  async function post(address, key, fields = {}) {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": key };
    const response = await fetch(address, { method: "POST", headers, body: JSON.stringify(fields) });
    return { status: response.status, answer: await response.json() };
  }

  async function undo(row) {
    if (row.entry.state === "saving" || row.entry.state === "waiting") {
      if (await queue.takeBack(row.key)) return settle(row, said(texts.states.removed, "plain"));
      row.returning = true; // it was tried: the server may have it, and its answer says so
      return paint(row);
    }
    await change(row, words(row).undo, {}, texts.undo.failed);
  }

  async function change(row, { post: address, key }, fields, failed, done) {
    try {
      const { status, answer } = await post(address, key, fields);
      if (status >= 500) throw new Error(String(status));
      if (status >= 400) settle(row, said([answer.error, answer.detail ?? ""], "no"));
      else settle(row, answer.verdict ?? said(done, "done"));
    } catch {
      row.element.querySelector(".entry__text").textContent = failed;
    }
  }

  function settle(row, verdict) {
    row.verdict = { actions: [], ...verdict };
    paint(row);
    announce(row);
  }

  function sure(row) {
    row.answered = true;
    queue.dismiss(row.key);
    paint(row);
    add({ code: row.code, mode: row.entry.mode, sure: true });
  }

  function ask(row) {
    const form = row.element.querySelector(".entry__quantity");
    const { correction } = words(row);
    form.hidden = !form.hidden;
    form.querySelector("[data-label]").textContent = texts.quantity.label;
    form.querySelector("button").textContent = texts.quantity.save;
    form.querySelector(".entry__unit").textContent = correction.unit;
    form.quantity.value = correction.quantity;
    if (!form.hidden) form.quantity.select();
  }

  function correct(row, event) {
    event.preventDefault();
    const { correction } = words(row);
    const { failed, done, reason } = texts.quantity;
    const units = event.target.quantity.value;
    event.target.hidden = true;
    row.correcting ??= {};
    const key = (row.correcting[units] ??= queue.newKey()); // the same wish again after a lost answer counts once
    change(row, { ...correction, key }, { units, reason }, failed, [done[0], filled(done[1], `${units} ${correction.unit}`)]);
  }

  // --- The list -------------------------------------------------------------------------------------------------------
  function make(entry, mine) {
    const element = template.content.firstElementChild.cloneNode(true);
    const row = { key: entry.key, code: entry.code, element, entry, mine };
    const act = { undo: () => undo(row), sure: () => sure(row), change: () => ask(row), again: () => look(row.code, row) };
    for (const button of element.querySelectorAll("button[data-do]")) button.onclick = act[button.dataset.do];
    element.querySelector("form").onsubmit = (event) => correct(row, event);
    rows.set(row.key, row);
    list.prepend(element);
    for (const last of [...list.children].slice(MOST_SHOWN)) last.remove();
    return row;
  }

  function announce(row) {
    const { tone, headline } = words(row);
    told({ tone, headline, row, card: row.entry.answer?.card });
  }

  function changed(all) {
    for (const entry of all) {
      const row = rows.get(entry.key) ?? (!onlyMine && isOpen(entry) && make(entry, false));
      if (row) renew(row, entry);
    }
  }

  const isOpen = (entry) => entry.state === "saving" || entry.state === "waiting" || queue.asks(entry);

  function renew(row, entry) {
    const before = row.entry.state;
    row.entry = entry;
    paint(row);
    if (entry.state === before || (entry.state !== "sent" && entry.state !== "refused")) return;
    queue.shown(entry.key);
    if (row.mine) announce(row);
    if (row.returning) {
      row.returning = false;
      if (words(row).undo) undo(row);
    }
  }

  // Sends a scan through the queue and shows it; returns its row.
  function add(scan) {
    for (const row of rows.values()) if (row.mine && queue.asks(row.entry)) queue.dismiss(row.key); // they were on the screen
    const entry = queue.add(scan);
    const row = rows.get(entry.key) ?? make(entry, true);
    row.mine = true;
    paint(row);
    return row;
  }

  // Shows what the shop knows of a card, and changes nothing.
  async function look(code, old = null) {
    const row = old ?? make({ key: queue.newKey(), code, mode: "look", state: "looking", answer: null }, true);
    row.entry = { ...row.entry, state: "looking", answer: null };
    paint(row);
    try {
      const response = await fetch(`/c/${code}`, { headers: { Accept: "application/json" }, cache: "no-store" });
      row.entry = { ...row.entry, state: "seen", answer: await response.json() };
    } catch {
      row.entry = { ...row.entry, state: "unread", answer: null };
    }
    paint(row);
    announce(row);
    return row;
  }

  // A code that is not ours: said once, at the top, and gone with the next scan.
  function refuse([headline, text], value) {
    rows.get("stray")?.element.remove();
    const row = make({ key: "stray", code: "", state: "stray", answer: null }, true);
    settle(row, said([headline, filled(text, value)], "look"));
  }

  // Shows the scans of the queue in this list, or only those made here (mine); calls onSaid({tone, headline, card})
  // for each answer to a scan made here.
  function show(element, onSaid, { mine = false } = {}) {
    list = element;
    told = onSaid;
    onlyMine = mine;
    queue.onChange(changed);
    setInterval(tick, TICK_MS);
  }

  return { add, look, refuse, show, texts };
})();
