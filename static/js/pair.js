// The code of the pairing link stands behind the #: it is read once, taken out of the address, and sent by a press.
"use strict";

function readCode() {
  const form = document.getElementById("pair");
  const secret = location.hash.slice(1);
  if (!/^[\w-]{16,60}$/.test(secret)) return;
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = secret;
  form.dataset.read = "yes";
  form.querySelector("button").focus({ preventScroll: true });
}

readCode();
addEventListener("hashchange", readCode); // the camera's link may come to a tab that shows this page already
