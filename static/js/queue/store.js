// The phone's disk: IndexedDB with the scans, and some notes beside them.
"use strict";

self.scanStore = (() => {
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

  // Resolves, once all of it is on the disk, to what work(scans, meta, told) put into told.value.
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

  // Keeps a new entry; resolves to { n, store }: its place in the order, and what the store holds from now on.
  function add(entry) {
    return transact("readwrite", (scans, meta, told) => {
      meta.get("store").onsuccess = ({ target: { result: known } }) => {
        const store = { ...known, added: known.added + 1 };
        meta.put(store);
        scans.add(entry).onsuccess = ({ target: { result } }) => { told.value = { n: result, store }; };
      };
    });
  }

  // Changes the entry of a key by what change() returns: a new entry, null to delete it, undefined to leave it.
  function update(key, change) {
    return transact("readwrite", (scans, meta, told) => {
      scans.index("key").openCursor(key).onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        told.value = change(cursor.value);
        if (told.value) cursor.update(told.value);
        else if (told.value === null) cursor.delete();
      };
    });
  }

  // The first entry that waits and for which isNext() is true.
  function nextWaiting(isNext) {
    return transact("readonly", (scans, meta, told) => {
      scans.index("state").openCursor("waiting").onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (isNext(cursor.value)) told.value = cursor.value;
        else cursor.continue();
      };
    });
  }

  // All entries but those that isOver(), which leave; the store, the skew, and how many scans are lost:
  // those that were lost before, and missing(store) now.
  function load(isOver, missing) {
    return transact("readwrite", (scans, meta, found) => {
      found.value = { all: [], lost: 0 };
      scans.openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return;
        if (isOver(cursor.value)) cursor.delete();
        else found.value.all.push(cursor.value);
        cursor.continue();
      };
      meta.get("skew").onsuccess = ({ target }) => { found.value.skew = target.result?.skew; };
      meta.get("store").onsuccess = ({ target: { result: store } }) => {
        found.value.store = store;
        meta.get("lost").onsuccess = ({ target }) => {
          found.value.lost = (target.result?.count ?? 0) + missing(store);
          if (found.value.lost) meta.put({ name: "lost", count: found.value.lost });
        };
      };
    });
  }

  const note = (name, facts) => transact("readwrite", (scans, meta) => meta.put({ name, ...facts }));
  const forget = (name) => transact("readwrite", (scans, meta) => meta.delete(name));

  return Object.freeze({ add, forget, load, nextWaiting, note, transact, update });
})();
