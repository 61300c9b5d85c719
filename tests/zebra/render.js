// Draws ZPL as a printer would: takes a list of jobs (zpl, width and height in mm, dots a mm) as JSON,
// gives a list of pictures per job (PNG, base64) as JSON.
const { readFileSync } = require("node:fs");
globalThis.crypto ??= require("node:crypto").webcrypto; // Node.js 18 hides it
const { ready } = require("zpl-renderer-js");

async function main() {
  const { api } = await ready;
  const drawn = [];
  for (const { zpl, width, height, dots } of JSON.parse(readFileSync(0, "utf8"))) {
    drawn.push(await api.zplToBase64MultipleAsync(zpl, width, height, dots));
  }
  process.stdout.write(JSON.stringify(drawn), () => process.exit(0)); // the renderer's own loop never ends
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
