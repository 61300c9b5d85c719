// A hand scanner that types like a keyboard, on any screen: told from a person by its speed.
"use strict";

const wedge = (() => {
  const LONGEST_GAP_MS = 60; // between two keys of one scan, over a slow Bluetooth link
  const MEAN_GAP_MS = 35; // nobody types twelve keys this fast
  const FEWEST_KEYS = 12;
  const CERTAIN_KEYS = 4; // so many fast keys outside a field are no person's: they must press nothing
  let burst = [];
  let field = null;
  let before = "";

  const isField = (element) =>
    element?.isContentEditable || element?.tagName === "TEXTAREA" || element?.tagName === "SELECT" ||
    (element?.tagName === "INPUT" && !/^(button|checkbox|file|image|radio|range|reset|submit)$/.test(element.type));

  const isSuffix = (event) =>
    event.key === "Enter" || event.key === "Tab" || (event.ctrlKey && /^[jm]$/i.test(event.key));

  // The key as a scanner set to the US layout meant it, whatever layout the phone or the desk has.
  function meant(event) {
    const key = event.code.match(/^(?:Key|Digit|Numpad)([A-Z0-9])$/);
    if (key) return event.shiftKey ? key[1] : key[1].toLowerCase();
    return { Slash: "/", Minus: "-", Period: ".", NumpadDivide: "/" }[event.code] ?? (event.code === "Semicolon" ? ":" : event.key);
  }

  function begin(event) {
    burst = [];
    field = isField(event.target) ? event.target : null;
    before = field?.value ?? "";
  }

  const isFast = () => (burst.at(-1).at - burst[0].at) / (burst.length - 1) <= MEAN_GAP_MS;

  function isScan(now) {
    return burst.length >= FEWEST_KEYS && now - burst.at(-1).at <= LONGEST_GAP_MS * 2 && isFast();
  }

  // The code in the burst: as the layout says, or as the scanner meant; the one that stands in an address of ours first.
  function codeOf(keys) {
    const readings = [keys.map((key) => key.key).join(""), keys.map((key) => key.meant).join("")];
    const addressed = readings.find((text) => /\/c\/[0-9a-z]{12}$/i.test(text) && codes.trailing(text));
    return codes.trailing(addressed ?? "") || readings.map(codes.trailing).find(Boolean) || "";
  }

  function restore() {
    if (!field || !("value" in field)) return;
    field.value = before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function finish(event, onScan) {
    const [keys, inField] = [burst, field];
    const scanned = isScan(event.timeStamp);
    burst = [];
    if (!scanned || inField?.hasAttribute("data-takes-code")) return;
    const code = codeOf(keys);
    if (!code && inField) return; // some other barcode, scanned into a field on purpose
    event.preventDefault();
    event.stopPropagation();
    if (code) restore();
    onScan(code);
  }

  function key(event, onScan) {
    if (event.isComposing || event.repeat) return;
    if (isSuffix(event)) return finish(event, onScan);
    if ([...event.key].length !== 1 || event.altKey || event.metaKey || event.ctrlKey) return;
    const last = burst.at(-1);
    if (!last || event.timeStamp - last.at > LONGEST_GAP_MS || (field && field !== event.target)) begin(event);
    burst.push({ key: event.key, meant: meant(event), at: event.timeStamp });
    if (!field && burst.length >= CERTAIN_KEYS && isFast()) event.preventDefault();
  }

  // The code in keys that another page has taken down: [{key, code, shiftKey}].
  const read = (keys) => codeOf(keys.map((each) => ({ key: each.key, meant: meant(each) })));

  // Calls onScan(code) for each scan; with "" where it was no card's code.
  function listen(onScan) {
    document.addEventListener("keydown", (event) => key(event, onScan), { capture: true });
  }

  return { listen, read };
})();
