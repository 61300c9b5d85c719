// From pictures to codes: hands each frame that the worker has time for to it, and asks the reticle which code is meant.
"use strict";

const sight = (() => {
  let video = null;
  let running = 0;

  // A picture's next moment; a browser without frame callbacks is asked ten times a second.
  function onFrame(work) {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(work);
    else setTimeout(() => work(performance.now()), 100);
  }

  // Watches the video until stop(). look({aimed, take, symbols, width, height}) is called after each picture that was read.
  function start(element, look, fail) {
    video = element;
    const mine = ++running;
    const rule = reticle.make();
    let busy = false;

    async function picture() {
      try {
        return await createImageBitmap(video);
      } catch {
        return null; // the camera has just closed, or has no picture yet
      }
    }

    async function read(now) {
      busy = true;
      const bitmap = await picture();
      if (bitmap) {
        const { width, height } = bitmap;
        try {
          const symbols = await decoder.read(bitmap);
          if (mine === running) look({ ...rule.pass(symbols, width, height, now), symbols, width, height });
        } catch (error) {
          if (mine === running) fail(error);
        }
      }
      busy = false;
    }

    function frame(now) {
      if (mine !== running) return;
      if (!busy && video.videoWidth) read(now);
      onFrame(frame);
    }
    onFrame(frame);
  }

  const stop = () => ++running;

  return { start, stop };
})();
