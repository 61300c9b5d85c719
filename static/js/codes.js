// A card's code as it is read, typed, or garbled by a keyboard layout: the same reading as kanban/codes.py.
"use strict";

const codes = (() => {
  const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const LENGTH = 12;
  const VALUES = new Map([...ALPHABET].map((character, value) => [character, value]));
  for (const [spoken, value] of [["O", 0], ["I", 1], ["L", 1]]) VALUES.set(spoken, value);

  const plain = (text) => text.normalize("NFKC").toUpperCase().replace(/[ -]/g, "");

  // What is wrong with a typed code: "short", "long", "character", "check", or "" where nothing is.
  function fault(text) {
    const typed = [...plain(text)];
    const values = typed.map((character) => VALUES.get(character));
    if (values.includes(undefined)) return "character";
    if (typed.length !== LENGTH) return typed.length < LENGTH ? "short" : "long";
    const sum = values.slice(0, -1).reduce((total, value, place) => total + value * (2 * place + 1), 0);
    return sum % 32 === values.at(-1) ? "" : "check";
  }

  // The one canonical form, or "" for what is no code.
  function read(text) {
    return fault(text) ? "" : [...plain(text)].map((character) => ALPHABET[VALUES.get(character)]).join("");
  }

  // What a symbol says: {code} of ours, {host} of another shop's card, or {} for anything else.
  function find(text, hosts) {
    let address;
    try {
      address = new URL(text);
    } catch {
      const code = read(text);
      return code ? { code } : {};
    }
    if (!/^https?:$/.test(address.protocol)) return {};
    const code = read(address.pathname.match(/^\/c\/([^/]+)\/?$/)?.[1] ?? "");
    if (!code) return {};
    return hosts.includes(address.hostname) ? { code } : { host: address.host };
  }

  // The code at the end of what a hand scanner typed. Its layout may have garbled all signs before.
  function trailing(text) {
    const last = text.match(/(?:^|[^0-9a-z])([0-9a-z]{12})\s*$/i);
    return last ? read(last[1]) : "";
  }

  const grouped = (code) => code.replace(/(.{4})(?=.)/g, "$1 ");

  return { fault, find, grouped, read, trailing, length: (text) => [...plain(text)].length, LENGTH };
})();
