// Reads QR codes in pictures, beside the page. First message: where the reader, its wasm, and the plain reader are.
// Where WebAssembly is refused (iPhone in Lockdown Mode), the browser's own detector reads, or the plain reader.
//
// A good picture is read as it is. Where nothing is read in the middle, the middle is tried again in two other ways:
// softened, which helps where grain and faint print come together, and enlarged, which helps small, slanted and blurred ones.
"use strict";

const OPTIONS = { formats: ["QRCode"], tryHarder: true, tryRotate: true, tryInvert: true, tryDownscale: true };
const MIDDLE = 0.6;                        // of the picture's shorter side: what the ring aims at, with room around it
const LARGER = 1.5;
const SOFT = [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16];
const whole = sheet();
const larger = sheet();
let aids = [soften, enlarge];              // the one that helped last comes first

let find = null;                           // (image) → [{ text, corners }], in the image's pixels

async function open({ reader, wasm, plain }) {
  try {
    importScripts(reader);
    const overrides = { locateFile: (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path) };
    await ZXingWASM.prepareZXingModule({ overrides, fireImmediately: true });
    find = findByReader;
  } catch {
    find = await withoutWasm(plain);
  }
}

async function findByReader(image) {
  const found = await ZXingWASM.readBarcodes(image, OPTIONS);
  return found.filter(({ isValid }) => isValid).map(({ text, position: { topLeft, topRight, bottomRight, bottomLeft } }) => (
    { text, corners: [topLeft, topRight, bottomRight, bottomLeft] }));
}

async function withoutWasm(plain) {
  const isOwn = self.BarcodeDetector && (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  const Detector = isOwn ? BarcodeDetector : (await import(plain)).BarcodeDetector;
  const detector = new Detector({ formats: ["qr_code"] });
  return async (image) => (await detector.detect(image)).map(({ rawValue, cornerPoints }) => ({ text: rawValue, corners: cornerPoints }));
}

// A canvas that is made when it is first needed: self.OffscreenCanvas is missing where no picture can be read at all.
function sheet() {
  let canvas = null;
  return (width, height) => {
    canvas ??= new OffscreenCanvas(width, height);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return canvas.getContext("2d", { willReadFrequently: true });
  };
}

function middle({ width, height }) {
  const side = Math.round(MIDDLE * Math.min(width, height));
  return { left: Math.round((width - side) / 2), top: Math.round((height - side) / 2), side };
}

// The middle in shades of grey, each pixel mixed with two neighbours on each side.
function soften(page, { left, top, side }) {
  const image = page.getImageData(left, top, side, side);
  const { data } = image;
  const grey = new Float32Array(side * side);
  for (let at = 0; at < grey.length; at++) grey[at] = 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
  const mixed = mix(mix(grey, side, 1), side, side);
  for (let at = 0; at < grey.length; at++) data[4 * at] = data[4 * at + 1] = data[4 * at + 2] = mixed[at];
  return { image, scale: 1 };
}

function mix(grey, side, step) {
  const mixed = new Float32Array(grey);
  for (let row = 0; row < side; row++) {
    for (let place = 2; place < side - 2; place++) {
      const at = step === 1 ? row * side + place : place * side + row;
      mixed[at] = SOFT[0] * grey[at - 2 * step] + SOFT[1] * grey[at - step] + SOFT[2] * grey[at] + SOFT[3] * grey[at + step] + SOFT[4] * grey[at + 2 * step];
    }
  }
  return mixed;
}

function enlarge(page, { left, top, side }) {
  const size = Math.round(side * LARGER);
  const context = larger(size, size);
  context.imageSmoothingQuality = "high";
  context.drawImage(page.canvas, left, top, side, side, 0, 0, size, size);
  return { image: context.getImageData(0, 0, size, size), scale: size / side };
}

// The codes of an image that shows a part of the picture, in the picture's pixels.
async function decode(image, { left = 0, top = 0 } = {}, scale = 1) {
  const place = ({ x, y }) => ({ x: left + x / scale, y: top + y / scale });
  return (await find(image)).filter(({ text }) => text).map(({ text, corners }) => symbol(text, corners.map(place)));
}

function symbol(text, corners) {
  const mean = (axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  return { text, x: mean("x"), y: mean("y"), corners };
}

async function read(bitmap) {
  const { width, height } = bitmap;
  const page = whole(width, height);
  page.drawImage(bitmap, 0, 0);
  bitmap.close();
  const found = await decode(page.getImageData(0, 0, width, height));
  const part = middle({ width, height });
  const isInside = ({ x, y }) => x >= part.left && x <= part.left + part.side && y >= part.top && y <= part.top + part.side;
  if (found.some(isInside)) return found;
  for (const aid of aids) {
    const { image, scale } = aid(page, part);
    const more = await decode(image, part, scale);
    if (!more.length) continue;
    aids = [aid, ...aids.filter((other) => other !== aid)];
    return [...found, ...more];
  }
  return found;
}

self.onmessage = async ({ data }) => {
  try {
    const answer = data.bitmap ? { symbols: await read(data.bitmap) } : { open: await open(data) ?? true };
    self.postMessage({ id: data.id, ...answer });
  } catch (error) {
    self.postMessage({ id: data.id, error: String(error) });
  }
};
