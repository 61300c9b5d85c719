// Reads QR codes in pictures, beside the page. First message: where the reader and its wasm are.
"use strict";

const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };
let canvas = null;

async function open({ reader, wasm }) {
  importScripts(reader);
  const overrides = { locateFile: (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path) };
  await ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
}

function pixels(bitmap) {
  canvas ??= new OffscreenCanvas(bitmap.width, bitmap.height);
  if (canvas.width !== bitmap.width) canvas.width = bitmap.width;
  if (canvas.height !== bitmap.height) canvas.height = bitmap.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

function symbol({ text, position }) {
  const corners = [position.topLeft, position.topRight, position.bottomRight, position.bottomLeft];
  const middle = (axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / 4;
  return { text, x: middle("x"), y: middle("y"), corners };
}

async function read(bitmap) {
  const image = pixels(bitmap);
  bitmap.close();
  const found = await ZXingWASM.readBarcodes(image, OPTIONS);
  return found.filter((each) => each.isValid && each.text).map(symbol);
}

self.onmessage = async ({ data }) => {
  try {
    const answer = data.bitmap ? { symbols: await read(data.bitmap) } : { open: await open(data) ?? true };
    self.postMessage({ id: data.id, ...answer });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error) });
  }
};
