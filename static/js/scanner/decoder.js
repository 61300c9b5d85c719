// The page's side of the worker: opened once, when the scanner opens; one picture at a time.
"use strict";

const decoder = (() => {
  let worker = null;
  let opening = null;
  let number = 0;
  const waiting = new Map();

  function ask(message, transfer = []) {
    const id = ++number;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...message }, transfer);
    });
  }

  function answered({ data }) {
    const { resolve, reject } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error) reject(new Error(data.error));
    else resolve(data.symbols ?? []);
  }

  function broke(event) {
    for (const { reject } of waiting.values()) reject(new Error(event.message || "worker"));
    waiting.clear();
  }

  // Resolves when pictures can be read. Rejects where this browser refuses the reader.
  function open({ worker: address, reader, wasm, plain }) {
    opening ??= (async () => {
      worker = new Worker(address);
      worker.onmessage = answered;
      worker.onerror = broke;
      await ask({ reader, wasm, plain });
    })();
    opening.catch(() => (opening = null));
    return opening;
  }

  // The codes in a picture: {text, x, y, corners}, in its pixels. The bitmap is handed over.
  const read = (bitmap) => ask({ bitmap }, [bitmap]);

  return { open, read };
})();
