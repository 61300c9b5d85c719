// One sender at a time, in all tabs and the worker: by a lock, and where there are none (plain HTTP) by a lease in the store.
"use strict";

self.senderTurn = (() => {
  const NAME = "kanban-queue";
  const LEASE_MS = 40_000;

  // Resolves to what work() resolves to, or to "later" where another one sends.
  async function alone(work) {
    if (navigator.locks) return navigator.locks.request(NAME, work);
    return await lease() ? work().finally(() => lease(0)) : "later";
  }

  function lease(lasts = LEASE_MS) {
    return scanStore.transact("readwrite", (scans, meta, told) => {
      meta.get("lease").onsuccess = ({ target: { result: held } }) => {
        const left = held ? held.until - Date.now() : 0;
        told.value = !held || held.owner === gestureClock.life || left <= 0 || left > LEASE_MS;
        if (told.value) meta.put({ name: "lease", owner: gestureClock.life, until: Date.now() + lasts });
      };
    }).catch(() => true);
  }

  // Between two letters: the turn is still ours.
  const goOn = async () => { if (!navigator.locks) await lease(); };

  return Object.freeze({ alone, goOn });
})();
