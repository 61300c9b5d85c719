// The camera: opened once a visit, stopped while nobody looks, with its torch, zoom, focus and choice.
"use strict";

const camera = (() => {
  const CHOICE = "kanban.camera";
  const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
  let video = null;
  let stream = null;
  let lock = null;
  let wanted = false;

  const track = () => stream?.getVideoTracks()[0];
  const can = () => track()?.getCapabilities?.() ?? {};
  const remembered = () => localStorage.getItem(CHOICE);

  // Why there is no picture: a name that the page has a sentence for.
  function reason(error) {
    if (!isSecureContext || !navigator.mediaDevices) return "insecure";
    const names = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", OverconstrainedError: "missing" };
    return names[error.name] ?? "busy";
  }

  function ask(id) {
    const which = id ? { deviceId: { exact: id } } : { facingMode: { ideal: "environment" } };
    return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...SIZE, ...which } });
  }

  async function take() {
    if (!isSecureContext || !navigator.mediaDevices) throw new Error("insecure");
    try {
      return await ask(remembered());
    } catch (error) {
      if (!remembered() || !/^(NotFound|Overconstrained)/.test(error.name)) throw error;
      localStorage.removeItem(CHOICE); // the camera that was chosen here is gone
      return ask(null);
    }
  }

  async function focus() {
    if (can().focusMode?.includes("continuous")) await track().applyConstraints({ advanced: [{ focusMode: "continuous" }] });
  }

  // Of several cameras at the back, the wide one often cannot focus. Its neighbour is looked for once, and remembered.
  async function preferFocusing() {
    if (remembered() || !("focusMode" in can()) || can().focusMode.includes("continuous")) return;
    const own = track().getSettings().deviceId;
    const others = (await list()).filter(({ deviceId, label }) => deviceId !== own && /back|rear|environment/i.test(label));
    for (const { deviceId } of others) {
      await use(deviceId);
      if (can().focusMode?.includes("continuous")) return;
    }
    if (others.length) await use(own);
  }

  async function keepAwake() {
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      lock = null; // an empty battery refuses it; the screen then sleeps as usual
    }
  }

  async function show() {
    video.srcObject = stream;
    track().addEventListener("ended", () => wanted && video.dispatchEvent(new Event("lost")));
    await video.play();
    await focus();
    await keepAwake();
  }

  // Opens the camera on this <video>; rejects with an error that reason() names.
  async function open(element) {
    pause();
    video = element;
    wanted = true;
    stream = await take();
    if (!wanted || document.hidden) return pause();
    await show();
    await preferFocusing();
  }

  function pause() {
    for (const each of stream?.getTracks() ?? []) each.stop();
    stream = null;
    lock?.release();
    lock = null;
  }

  function close() {
    wanted = false;
    pause();
  }

  async function list() {
    return (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  }

  async function use(id) {
    localStorage.setItem(CHOICE, id);
    pause();
    stream = await ask(id);
    await show();
  }

  // The next of several cameras, remembered from now on.
  async function next() {
    const all = await list();
    const at = all.findIndex(({ deviceId }) => deviceId === track()?.getSettings().deviceId);
    await use(all[(at + 1) % all.length].deviceId);
  }

  const torch = (on) => track().applyConstraints({ advanced: [{ torch: on }] });
  const zoom = (factor) => track().applyConstraints({ advanced: [{ zoom: factor }] });
  const zoomed = () => track().getSettings().zoom;

  return { can, close, isOpen: () => stream !== null, list, next, open, pause, reason, torch, wanted: () => wanted, zoom, zoomed };
})();
