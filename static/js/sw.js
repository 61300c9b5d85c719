// The service worker: keeps the app's shell, opens it without a network, and sends the queue in the background.
// The server puts KEPT before this text: { version, code, shells, assets, late, queue, pushKey, shop, icon }.
// It never answers a POST (but for the photo that another app shares with us), and keeps no page of a person.
"use strict";

importScripts(KEPT.queue);

const CACHE = `kanban-${KEPT.version}`;
const LATE = "kanban-late";              // the decoder: kept once the scanner was opened, over all versions
const SHARED = "kanban-shared";          // a photo on its way from another app to the scanner
const SHELL_PATIENCE_MS = 3_000;         // after that a kept screen opens ...
const PAGE_PATIENCE_MS = 10_000;         // ... and other pages are given up
const ANSWER_MS = 5_000;                 // a page that has not answered by then is asleep, and scans nothing

// --- Installing: all of a version, or nothing of it --------------------------------------------------------------------
self.addEventListener("install", (event) => event.waitUntil(fill()));

async function fill() {
  const cache = await caches.open(CACHE);
  try {
    await Promise.all([...KEPT.assets.map((asset) => keepAsset(cache, asset)), ...Object.values(KEPT.shells).map((shell) => keepShell(cache, shell))]);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

// A server that is being updated may answer an old address with a new file: the address carries the file's hash.
async function keepAsset(cache, asset) {
  for (const mode of ["default", "reload"]) {
    const answer = await fetch(asset, { cache: mode });
    if (answer.ok && (await hash(answer.clone())) === new URL(asset, location).searchParams.get("v")) return cache.put(asset, answer);
  }
  throw new Error(`${asset} is of another version`);
}

async function hash(answer) {
  const digest = await crypto.subtle.digest("SHA-256", await answer.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 10);
}

async function keepShell(cache, shell) {
  const answer = await fetch(shell, { cache: "no-store", credentials: "same-origin" });
  if (!answer.ok || answer.headers.get("Kanban-Version") !== KEPT.version) throw new Error(`${shell} is of another version`);
  return cache.put(shell, answer);
}

self.addEventListener("activate", (event) => event.waitUntil(tidy()));

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("kanban-") && ![CACHE, LATE, SHARED].includes(name)).map((name) => caches.delete(name)));
  const late = await caches.open(LATE);
  for (const { url } of await late.keys()) if (!KEPT.late.includes(pathOf(url))) await late.delete(url);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

// --- Taking over: not while a page scans -------------------------------------------------------------------------------
self.addEventListener("message", (event) => {
  if (event.data?.type === "take-over") event.waitUntil(takeOver(event.data.anyway, event.ports[0]));
});

async function takeOver(anyway, port) {
  const may = anyway || !(await somebodyScans());
  if (may) await self.skipWaiting();
  port?.postMessage({ code: KEPT.code, may });
}

async function somebodyScans() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return (await Promise.all(pages.map(scans))).includes(true);
}

function scans(page) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => done(data);
    setTimeout(done, ANSWER_MS, false);
    page.postMessage({ type: "scanning?" }, [port2]);
  });
}

// --- Answering ------------------------------------------------------------------------------------------------------------
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.method === "POST" && url.pathname === "/share") event.respondWith(takePhoto(request));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
  else if (request.mode === "navigate") event.respondWith(openPage(event, url.pathname));
});

async function asset(request) {
  const kept = await caches.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && KEPT.late.includes(pathOf(request.url))) {
    const copy = answer.clone();
    await (await caches.open(LATE)).put(request.url, copy);
  }
  return answer;
}

function pathOf(address) {
  const { pathname, search } = new URL(address, location);
  return pathname + search;
}

function shellOf(path) {
  return KEPT.shells[/^\/(c|cards)\//.test(path) ? "/c/" : path];
}

async function openPage(event, path) {
  const shell = shellOf(path);
  const network = fromNetwork(event);
  network.catch(() => {});
  try {
    const answer = await Promise.race([network, patience(shell ? SHELL_PATIENCE_MS : PAGE_PATIENCE_MS)]);
    if (!shell || ![502, 503, 504].includes(answer.status)) return answer;
  } catch { /* no answer, or not in time */ }
  return (await caches.match(shell ?? KEPT.shells["/queue"], { ignoreVary: true })) ?? network;
}

async function fromNetwork(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

function patience(lasts) {
  return new Promise((done, failed) => setTimeout(failed, lasts, new Error("no answer in time")));
}

async function takePhoto(request) {
  try {
    const photo = (await request.formData()).get("photo");
    if (photo instanceof File) await (await caches.open(SHARED)).put("/shared", new Response(photo, { headers: { "Content-Type": photo.type } }));
  } catch { /* what came is no photo: the scanner opens without it */ }
  return Response.redirect("/scan?shared", 303);
}

// --- In the background --------------------------------------------------------------------------------------------------
self.addEventListener("sync", (event) => event.waitUntil(sendAll()));

async function sendAll() {
  if ((await self.queue.flush()) !== "all") throw new Error("not all is sent: try again later");
}

// --- Messages from the shop ---------------------------------------------------------------------------------------------
self.addEventListener("push", (event) => event.waitUntil(tell(event.data)));

function tell(data) {
  let said = {};
  try {
    said = data.json().notification ?? {};
  } catch { /* a message that is not ours still has to be shown: browsers insist */ }
  return self.registration.showNotification(said.title ?? KEPT.shop, {
    body: said.body, tag: said.tag, lang: said.lang, dir: said.dir, icon: KEPT.icon, data: { address: said.navigate ?? "/" },
  });
}

// The browser's maker gives a browser another address from time to time: the shop must know it.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewMessages(event)));

async function renewMessages({ oldSubscription: old, newSubscription: made }) {
  const options = { userVisibleOnly: true, applicationServerKey: KEPT.pushKey };
  const now = (made ?? await self.registration.pushManager.subscribe(options)).toJSON();
  const headers = { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": newKey() };
  const [path, told] = old ? ["/renewal", { ...now, before: old.endpoint }] : ["", now];
  const answer = await fetch(`/push/subscriptions${path}`, { method: "POST", headers, body: JSON.stringify(told) });
  if (!answer.ok) throw new Error(`the shop did not take the new address: ${answer.status}`);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data.address));
});

async function show(address) {
  const wanted = new URL(address, location).href;
  const pages = await self.clients.matchAll({ type: "window" });
  const open = pages.find((page) => page.url === wanted);
  return open ? open.focus() : self.clients.openWindow(wanted);
}
