// A shelf audit: what stands on a place against what should. It is kept on the phone until the shop has saved it.
"use strict";

const audit = (() => {
  const KEPT = "kanban.audit";
  const AGAIN_MS = 10000; // a code read again after so long, with others between, may be a second label
  const id = (name) => document.getElementById(name);
  const box = id("audit");
  const words = box.dataset;
  let sweep = JSON.parse(localStorage.getItem(KEPT) ?? "null"); // { place, key, seen: [{code, at, twice}] }
  let shelf = null; // { place, cards }
  let strangers = new Map(); // code → what the shop says of a card that does not belong here
  let last = "";

  const keep = () => localStorage.setItem(KEPT, JSON.stringify(sweep));

  async function get(address) {
    const response = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!response.ok && response.status !== 404) throw new Error(String(response.status));
    return response.json();
  }

  function complain(text) {
    id("audit-error").textContent = text;
    id("audit-error").hidden = !text;
  }

  async function open() {
    const choice = id("place");
    try {
      if (choice.options.length === 1) {
        for (const place of (await get("/audits/places")).places) choice.add(new Option(`${place.path} (${place.cards})`, place.id));
      }
      if (sweep && String(sweep.place) !== choice.value) await begin(sweep.place, sweep);
    } catch {
      complain(words.lost);
    }
    paint();
  }

  async function begin(place, kept = null) {
    shelf = place ? await get(`/audits/shelf/${place}`) : null;
    sweep = place ? kept ?? { place: Number(place), key: queue.newKey(), seen: [] } : null;
    strangers = new Map();
    keep();
    id("place").value = place;
    complain("");
    for (const { code } of sweep?.seen ?? []) if (!belongs(code)) meet(code);
    paint();
  }

  // The card of this shelf that a label stands for: by its own code, or by that of another label of the card.
  function belongs(code) {
    const known = strangers.get(code)?.card?.code;
    return shelf?.cards.find((card) => card.code === code || card.code === known);
  }

  async function meet(code) {
    try {
      strangers.set(code, await get(`/c/${code}`));
    } catch {
      strangers.delete(code); // no network: it is looked up when it is saved
    }
    paint();
  }

  // A code was accepted.
  function see(code) {
    if (!sweep) return complain(words.none);
    const before = sweep.seen.find((each) => each.code === code);
    if (!before) {
      sweep.seen.push({ code, at: Date.now(), twice: false });
      if (!belongs(code)) meet(code);
      feel.say(belongs(code) ? "done" : "look");
      view.flash(belongs(code) ? "done" : "look", belongs(code) ? words.here : words.foreign);
    } else if (Date.now() - before.at > AGAIN_MS && last !== code) {
      before.twice = true;
      feel.say("look");
      view.flash("look", words.again);
    }
    last = code;
    keep();
    paint();
  }

  // Two symbols with the same code in one picture are two labels.
  function notice(symbols) {
    if (!sweep) return;
    for (const { code, twice } of sweep.seen.filter((each) => !each.twice)) {
      if (symbols.filter(({ text }) => codes.find(text, entries.texts.hosts).code === code).length < 2 || twice) continue;
      sweep.seen.find((each) => each.code === code).twice = true;
      feel.say("look");
      view.flash("look", words.doubled);
      keep();
      paint();
    }
  }

  function line(card, code, word, tone) {
    const [item, name, note] = [document.createElement("li"), document.createElement("bdi"), document.createElement("span")];
    item.dataset.tone = tone;
    name.textContent = card ? `${card.sku} · ${card.number}/${card.of}` : codes.grouped(code);
    note.textContent = word;
    item.append(name, note);
    return item;
  }

  function find({ code, twice }) {
    const here = belongs(code);
    const known = strangers.get(code);
    if (twice) return line(here ?? known?.card, code, words.doubled, "look");
    if (here) return line(here, code, words.here, "done");
    return line(known?.card, code, known && !known.card ? known.verdict.headline : words.foreign, known && !known.card ? "no" : "look");
  }

  function paint() {
    const seen = sweep?.seen ?? [];
    const here = seen.filter(({ code }) => belongs(code));
    const all = shelf?.cards.length ?? 0;
    id("audit-count").textContent = shelf ? words.seen.replace("{seen}", here.length).replace("{all}", all) : "";
    id("audit-bar").max = all || 1;
    id("audit-bar").value = here.length;
    id("audit-save").disabled = !sweep;
    id("audit-clear").disabled = !seen.length;
    id("audit-finds").replaceChildren(...[...seen].reverse().map(find));
    const missing = (shelf?.cards ?? []).filter(({ code }) => !here.some((each) => belongs(each.code).code === code));
    id("audit-missing").hidden = !missing.length;
    id("audit-missing").querySelector("b").textContent = missing.length;
    id("audit-missing").querySelector("ul").replaceChildren(...missing.map((card) => line(card, card.code, card.supply_word, "plain")));
  }

  // The server finds what is missing, foreign, doubled and retired: it knows every card.
  async function save() {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "Idempotency-Key": sweep.key };
    const body = JSON.stringify({ location: sweep.place, seen: sweep.seen.map(({ code }) => code), doubled: sweep.seen.filter(({ twice }) => twice).map(({ code }) => code) });
    try {
      const response = await fetch("/audits", { method: "POST", headers, body });
      const answer = await response.json();
      if (!response.ok) return complain([answer.error, answer.detail].filter(Boolean).join(": "));
      localStorage.removeItem(KEPT);
      location.assign(answer.href);
    } catch {
      complain(words.lost);
    }
  }

  id("place").onchange = ({ target }) => begin(target.value).catch(() => complain(words.lost));
  id("audit-clear").onclick = () => begin(sweep.place);
  id("audit-save").onclick = save;

  return { notice, open, see };
})();
