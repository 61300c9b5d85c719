// What an accepted scan sounds and feels like. Sound is unlocked by the first tap, and its choice is remembered.
"use strict";

const feel = (() => {
  const CHOICE = "kanban.mute";
  // Each: notes as [frequency in Hz, start and length in seconds], and the phone's vibration in milliseconds.
  const SIGNS = {
    read: { notes: [[1568, 0, 0.07]], shake: [40] },
    done: { notes: [[1047, 0, 0.08], [1568, 0.09, 0.14]], shake: [60] },
    known: { notes: [[880, 0, 0.08], [880, 0.13, 0.08]], shake: [40, 60, 40] },
    look: { notes: [[660, 0, 0.12], [523, 0.16, 0.16]], shake: [120, 80, 120] },
    no: { notes: [[196, 0, 0.4]], shake: [300] },
  };
  let context = null;

  const isMute = () => localStorage.getItem(CHOICE) === "yes";

  function unlock() {
    if (!window.AudioContext || navigator.userActivation?.hasBeenActive === false) return;
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
  }

  function play([frequency, start, length]) {
    const at = context.currentTime + start;
    const [tone, loudness] = [context.createOscillator(), context.createGain()];
    tone.frequency.value = frequency;
    loudness.gain.setValueAtTime(0.0001, at);
    loudness.gain.exponentialRampToValueAtTime(0.5, at + 0.01);
    loudness.gain.exponentialRampToValueAtTime(0.0001, at + length);
    tone.connect(loudness).connect(context.destination);
    tone.start(at);
    tone.stop(at + length);
  }

  function say(sign) {
    const { notes, shake } = SIGNS[sign];
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(shake);
    if (!isMute() && context?.state === "running") notes.forEach(play);
  }

  for (const gesture of ["pointerup", "keydown"]) addEventListener(gesture, unlock, { capture: true, passive: true });

  const mute = (quiet) => localStorage.setItem(CHOICE, quiet ? "yes" : "no");

  return { isMute, mute, say };
})();
