// What a phone shows from its own store: the list of its scans, and a card's page while the shop does not answer.
"use strict";

const kept = (() => {
  const texts = JSON.parse(document.getElementById("kept-texts").textContent);
  const MARKS = { done: "tick", known: "clock", look: "look", no: "no", kept: "clock" };
  const TONES = { signalled: "done", received: "done", picked: "done", put_back: "done", in_service: "done", withdrawn: "done", already: "known" };

  const grouped = (code) => (/^\w{12}$/.test(code) ? code.match(/.{4}/g).join(" ") : code);

  // What an entry says: its tone, a headline and a sentence. Done is only what the server has acknowledged.
  function words({ state, tries, answer }) {
    if (answer?.verdict) return answer.verdict;
    const [headline, text] = texts[state === "waiting" && tries ? "tried" : state];
    if (state === "refused") return { tone: "no", headline: answer.error ?? headline, text: answer.detail ?? text };
    return { tone: state === "sent" ? TONES[answer.effect] ?? "look" : "kept", headline, text };
  }

  function mark(element, tone) {
    element.querySelector("use").setAttribute("href", `${texts.icons}#${MARKS[tone] ?? "clock"}`);
  }

  // --- The list --------------------------------------------------------------------------------------------------------
  const list = document.getElementById("kept");
  const template = document.getElementById("kept-entry");
  const rows = new Map();

  function row(entry) {
    const element = rows.get(entry.key) ?? template.content.firstElementChild.cloneNode(true);
    if (element.entry === entry) return element;
    if (!rows.has(entry.key)) {
      rows.set(entry.key, element);
      element.addEventListener("click", ({ target }) => press(element, entry.key, target.closest("[data-do]")?.dataset.do));
    }
    const said = words(entry);
    element.dataset.tone = said.tone;
    mark(element, said.tone);
    element.querySelector("h2").textContent = said.headline;
    element.querySelector(".kept__text").textContent = said.text;
    element.querySelector(".code").textContent = grouped(entry.code);
    element.querySelector("[data-item]").textContent = entry.answer?.card ? `${entry.answer.card.sku} ${entry.answer.card.item}` : "";
    element.querySelector("[data-mode]").textContent = texts.modes[entry.mode];
    when(element.querySelector("time"), entry.wall);
    offer(element, "back", entry.state === "waiting" && !entry.tries);
    offer(element, "sure", entry.answer?.effect === "asked");
    offer(element, "dismiss", queue.asks(entry));
    element.entry = entry;
    return element;
  }

  const clock = new Intl.DateTimeFormat(texts.language, { weekday: "short", hour: "2-digit", minute: "2-digit" });

  function when(element, at) {
    element.dateTime = new Date(at).toISOString();
    element.textContent = clock.format(at);
  }

  function offer(element, name, offered) {
    element.querySelector(`[data-do="${name}"]`).hidden = !offered;
  }

  async function press(element, key, what) {
    const { code, mode } = element.entry;
    const following = element.nextElementSibling ?? element.previousElementSibling;
    if (what === "back") await queue.takeBack(key);
    if (what === "sure") queue.add({ code, mode, sure: true });
    if (what === "sure" || what === "dismiss") await queue.dismiss(key);
    if (what) (following ?? document.getElementById("main")).focus();
  }

  function show(id, shown) {
    document.getElementById(id).hidden = !shown;
  }

  function paint(all) {
    const { unsent, trouble, fragile, lost } = queue.status();
    const urgent = (entry) => (queue.asks(entry) ? 0 : entry.state === "sent" ? 2 : 1);
    const sorted = [...all].sort((a, b) => urgent(a) - urgent(b) || (a.n ?? Infinity) - (b.n ?? Infinity));
    const known = new Set(all.map(({ key }) => key));
    for (const [key, element] of rows) if (!known.has(key)) { element.remove(); rows.delete(key); }
    sorted.forEach((entry, place) => {
      const element = row(entry);
      if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
    });
    show("none", !all.length);
    show("send", unsent);
    show("lost", lost);
    show("fragile", fragile);
    for (const name of ["pair", "role", "away"]) show(name, unsent && trouble === name);
    document.querySelector("#lost p").textContent = document.getElementById("lost").dataset.text.replace("{}", lost);
    if (!document.hidden) for (const entry of all) if (entry.state === "sent" && !entry.shown) queue.shown(entry.key);
  }

  // --- A card's page without the shop ----------------------------------------------------------------------------------
  function card() {
    const code = decodeURIComponent(location.pathname.split("/")[2] ?? "").toUpperCase().replace(/[ -]/g, "");
    const verdict = document.getElementById("verdict");
    const back = document.getElementById("back");
    const again = document.getElementById("again");
    let key = null;
    document.getElementById("card-code").textContent = grouped(code);
    document.getElementById("presses").addEventListener("click", ({ target }) => {
      const mode = target.closest("[data-press]")?.dataset.press;
      if (!mode || key) return;
      key = queue.newKey();
      queue.add({ code, mode, key });
      show("presses", false);
      document.querySelector("#verdict h2").focus();
    });
    back.addEventListener("click", async () => {
      if (!(await queue.takeBack(key))) return;
      key = null;
      show("presses", true);
      show("verdict", false);
      show("back", false);
      document.querySelector("#presses button").focus();
    });
    queue.onChange((all) => {
      const entry = all.find((each) => each.key === key);
      if (!entry) return;
      const said = words(entry);
      verdict.hidden = false;
      verdict.className = `verdict verdict--${said.tone}`;
      mark(verdict, said.tone);
      verdict.querySelector("h2").textContent = said.headline;
      verdict.querySelector("p").textContent = said.text;
      back.hidden = !(entry.state === "waiting" && !entry.tries);
      if (entry.answer) again.textContent = again.dataset.answered;
      if (entry.state === "sent" && !document.hidden) queue.shown(key);
    });
  }

  let planned = 0, all = [];
  function plan(entries) {               // many changes, one painting
    all = entries;
    planned ||= requestAnimationFrame(() => { planned = 0; paint(all); });
  }

  if (list) {
    queue.onChange(plan);
    document.addEventListener("visibilitychange", () => plan(all));
    document.getElementById("send").addEventListener("click", () => queue.flush());
    document.querySelector("#lost button").addEventListener("click", () => queue.forgetLost());
    show("elsewhere", location.pathname !== "/queue");
  } else card();
})();
