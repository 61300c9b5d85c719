// Served as the service worker while KANBAN_OFFLINE=no: takes every kept file away and leaves. The queue stays.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  for (const name of await caches.keys()) if (name.startsWith("kanban-")) await caches.delete(name);
  await self.registration.unregister();
}
