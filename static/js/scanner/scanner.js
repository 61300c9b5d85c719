// The scanner page: the mode, every way in, and where an accepted code goes.
"use strict";

const MODE = "kanban.mode";
const KEYS = "kanban.keys"; // of a hand scanner, taken down on a card's page
const ONCE_MS = reticle.AGAIN_MS;
const LARGEST_PHOTO = 2400; // pixels of its longer side: enough for a label across a table
const at = (id) => document.getElementById(id);
const { texts } = entries;
const lately = new Map(); // mode and code → when it was accepted
let mode = "signal";
let opening = false;

// --- A code was read ----------------------------------------------------------------------------------------------------
function read(text) {
  const { code, host } = codes.find(text, texts.hosts);
  if (code) accept(code);
  else if (host) entries.refuse(texts.foreign, host);
  else entries.refuse(texts.stray, "");
}

function accept(code) {
  const now = performance.now();
  const before = lately.get(mode + code);
  if (before !== undefined && now - before < ONCE_MS) return;
  lately.set(mode + code, now);
  feel.say("read");
  at("none").hidden = true;
  if (mode === "audit") audit.see(code);
  else if (mode === "look") entries.look(code);
  else entries.add({ code, mode });
}

function said({ tone, headline, card }) {
  if (tone !== "plain" && tone !== "kept") feel.say(tone);
  view.flash(tone, headline);
  at("said").textContent = card ? `${card.sku}: ${headline}` : headline;
}

// --- The mode -------------------------------------------------------------------------------------------------------------
function choose(input) {
  mode = input.value;
  input.checked = true;
  localStorage.setItem(MODE, mode);
  document.body.dataset.mode = mode;
  at("mode-word").textContent = input.parentElement.textContent.trim();
  at("mode-hint").textContent = input.dataset.hint;
  document.querySelector("[data-live]").textContent = input.dataset.verb;
  at("audit").hidden = mode !== "audit";
  document.querySelector(".results").hidden = mode === "audit";
  if (mode === "audit") audit.open();
  if (camera.isOpen()) watch(); // a card under the ring counts anew
}

// --- The camera -----------------------------------------------------------------------------------------------------------
function watch() {
  sight.start(view.picture, (pass) => {
    view.mark(pass);
    if (mode === "audit") audit.notice(pass.symbols);
    if (pass.take) read(pass.aimed.text);
  }, (error) => stop("unread", error));
}

function stop(reason, error) {
  sight.stop();
  camera.close();
  delete document.documentElement.dataset.scanning;
  view.fail(reason);
  if (error) console.warn(reason, error);
  at("typed").dataset.shown = "";
}

async function openCamera() {
  if (opening) return;
  opening = true;
  await open();
  opening = false;
  if (camera.wanted() && !camera.isOpen() && !document.hidden) openCamera(); // it was hidden and shown meanwhile
}

async function open() {
  view.turn("opening");
  const reading = decoder.open(document.body.dataset).then(() => "", () => "unread");
  try {
    await camera.open(view.picture);
  } catch (error) {
    return stop(camera.reason(error));
  }
  if (await reading) return stop("unread");
  if (!camera.isOpen()) return;
  view.turn("open");
  document.documentElement.dataset.scanning = "yes"; // no new version takes over meanwhile
  equip();
  watch();
}

function equip() {
  const can = camera.can();
  at("torch").hidden = !can.torch;
  at("torch").setAttribute("aria-pressed", "false");
  camera.list().then((all) => (at("swap").hidden = all.length < 2));
  at("zoom").hidden = !can.zoom || can.zoom.max <= can.zoom.min;
  if (!can.zoom) return;
  const { min, max, step } = can.zoom;
  Object.assign(at("zoom").querySelector("input"), { min, max, step: step || 0.1, value: camera.zoomed() });
}

function flip(button) {
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  return on;
}

// Two fingers on the picture zoom it.
function pinch(frame) {
  let start = null;
  const spread = ({ touches: [one, two] }) => Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY);
  frame.addEventListener("touchstart", (event) => {
    if (event.touches.length === 2 && !at("zoom").hidden) start = { spread: spread(event), zoom: camera.zoomed() };
  }, { passive: true });
  frame.addEventListener("touchmove", (event) => {
    if (!start || event.touches.length !== 2) return;
    const slider = at("zoom").querySelector("input");
    slider.value = start.zoom * (spread(event) / start.spread);
    camera.zoom(Number(slider.value));
  }, { passive: true });
  frame.addEventListener("touchend", () => (start = null));
}

// --- A photo --------------------------------------------------------------------------------------------------------------
async function readPhoto(file) {
  at("nothing-read").hidden = true;
  at("choice").hidden = true;
  try {
    await decoder.open(document.body.dataset);
  } catch {
    return stop("unread");
  }
  const found = await symbolsOf(file);
  const unlike = [...new Set(found.map(({ text }) => text))];
  if (unlike.length === 0) at("nothing-read").hidden = false;
  else if (unlike.length === 1) read(unlike[0]);
  else offer(unlike);
}

async function symbolsOf(file) {
  try {
    const whole = await createImageBitmap(file);
    const scale = Math.min(1, LARGEST_PHOTO / Math.max(whole.width, whole.height));
    const small = { resizeWidth: Math.round(whole.width * scale), resizeHeight: Math.round(whole.height * scale), resizeQuality: "high" };
    const found = await decoder.read(scale < 1 ? await createImageBitmap(whole, small) : await createImageBitmap(whole));
    if (found.length || scale === 1) return found;
    return await decoder.read(whole);
  } catch {
    return []; // not a picture
  }
}

function offer(unlike) {
  at("choice").replaceChildren(...unlike.map((text) => {
    const button = document.createElement("button");
    const { code, host } = codes.find(text, texts.hosts);
    button.className = "button";
    button.type = "button";
    button.textContent = code ? codes.grouped(code) : host ?? text.slice(0, 40);
    button.onclick = () => {
      at("choice").hidden = true;
      read(text);
    };
    return button;
  }));
  at("choice").hidden = false;
  at("choice").firstElementChild.focus();
}

// --- A tag ----------------------------------------------------------------------------------------------------------------
async function readTags(button) {
  if (button.ending) return button.ending.abort();
  button.ending = new AbortController();
  const reader = new NDEFReader();
  reader.onreading = ({ message }) => message.records
    .filter(({ recordType }) => recordType === "url" || recordType === "text")
    .slice(0, 1).forEach(({ data }) => read(new TextDecoder().decode(data)));
  button.ending.signal.onabort = () => {
    button.ending = null;
    button.setAttribute("aria-pressed", "false");
  };
  try {
    await reader.scan({ signal: button.ending.signal });
    button.setAttribute("aria-pressed", "true");
  } catch {
    button.ending?.abort();
  }
}

// --- A typed code ---------------------------------------------------------------------------------------------------------
function feedback(input) {
  const fault = codes.fault(input.value);
  const length = codes.length(input.value);
  const line = at("code-state");
  line.dataset.fault = length ? fault || "good" : "";
  line.textContent = length ? texts.typed[fault || "good"].replace("{}", length) : "";
  input.toggleAttribute("aria-invalid", ["long", "character", "check"].includes(fault) && length > 0);
}

function submit(event) {
  event.preventDefault();
  const input = at("code");
  const code = codes.read(input.value) || codes.trailing(input.value);
  if (!code) {
    feedback(input);
    return input.select();
  }
  accept(code);
  input.value = "";
  feedback(input);
}

function showNone() {
  at("none").hidden = at("entries").childElementCount > 0;
}

// --- The start ------------------------------------------------------------------------------------------------------------
function listen() {
  at("start").onclick = openCamera;
  at("retry").onclick = openCamera;
  at("torch").onclick = () => camera.torch(flip(at("torch"))).catch(() => (at("torch").hidden = true));
  at("swap").onclick = () => camera.next().then(equip, (error) => stop(camera.reason(error)));
  at("zoom").oninput = ({ target }) => camera.zoom(Number(target.value));
  at("sound").onclick = () => feel.mute(!flip(at("sound")));
  at("sound").setAttribute("aria-pressed", String(!feel.isMute()));
  at("keys").onclick = () => {
    const shown = at("typed").toggleAttribute("data-shown");
    at("keys").setAttribute("aria-expanded", String(shown));
    if (shown) at("code").focus();
  };
  at("photo").onchange = ({ target }) => {
    if (target.files[0]) readPhoto(target.files[0]).finally(() => (target.value = ""));
  };
  at("modes").onchange = ({ target }) => choose(target);
  at("typed").onsubmit = submit;
  at("code").oninput = ({ target }) => feedback(target);
  at("nfc").hidden = !("NDEFReader" in window);
  at("nfc").onclick = () => readTags(at("nfc"));
  pinch(at("view"));
  wedge.listen((code) => (code ? accept(code) : entries.refuse(texts.stray, "")));
  view.picture.addEventListener("lost", () => stop("busy"));
  document.addEventListener("visibilitychange", () => {
    if (!camera.wanted()) return;
    if (document.hidden) sight.stop(), camera.pause();
    else openCamera();
  });
}

function handOver(code) {
  choose(at("modes").elements.mode[0]); // on other screens a hand scanner signals
  if (code) accept(code);
  else entries.refuse(texts.stray, "");
}

async function start() {
  const wanted = new URLSearchParams(location.search).get("mode") ?? localStorage.getItem(MODE);
  const input = [...at("modes").elements.mode].find(({ value }) => value === wanted);
  choose(input ?? at("modes").elements.mode[0]);
  entries.show(at("entries"), said);
  queue.onChange(showNone);
  listen();
  const keys = JSON.parse(sessionStorage.getItem(KEYS) ?? "null");
  sessionStorage.removeItem(KEYS);
  if (keys) handOver(wedge.read(keys));
  const shared = await offline.sharedPhoto().catch(() => null);
  if (shared) readPhoto(shared);
  if (!isSecureContext || !navigator.mediaDevices) return view.fail("insecure");
  const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (permission?.state === "granted") openCamera(); // it was allowed before: not one tap more
}

start();
