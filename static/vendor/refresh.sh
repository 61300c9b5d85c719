#!/bin/sh
# Fetches the vendored files again from npm and refuses any file whose checksum is not the one in VENDOR.md.
# A new version: change the version here and in VENDOR.md, run with "--record", look at the difference, commit.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# take PACKAGE VERSION FOLDER FILE[=NAME]…: these files of the package, under these names, into the folder
take() {
  name=$1 version=$2 folder=$3
  shift 3
  mkdir -p "$work/$folder" "$work/new/$folder"
  npm pack --silent --pack-destination "$work/$folder" "$name@$version" >/dev/null
  tar -xzf "$work/$folder"/*.tgz -C "$work/$folder"
  for file in "$@"; do
    from=${file%%=*} to=${file##*=}
    cp "$work/$folder/package/$from" "$work/new/$folder/$(basename "$to")"
  done
}

take htmx.org 4.0.1 htmx-4.0.1 LICENSE dist/htmx.min.js dist/ext/hx-ptag.min.js dist/ext/hx-sse.min.js
take qr 0.7.0 qr-0.7.0 LICENSE LICENSE-MIT decode.js index.js
take zxing-wasm 3.1.4 zxing-wasm-3.1.4 LICENSE dist/iife/reader/index.js=reader.js dist/reader/zxing_reader.wasm

chmod 644 "$work"/new/*/*
if [ "${1:-}" = --record ]; then
  (cd "$work/new" && sha256sum */*)
else
  grep -E '^[0-9a-f]{64}  ' VENDOR.md >"$work/sums"
  (cd "$work/new" && sha256sum --check --strict --quiet "$work/sums")
fi
cp -r "$work"/new/* .
echo "fetched: $(cd "$work/new" && echo *)"
