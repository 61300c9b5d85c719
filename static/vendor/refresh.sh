#!/bin/sh
# Fetches the vendored files again from npm and refuses any file whose checksum is not the one in VENDOR.md.
# A new version: change the version here and in VENDOR.md, run with "--record", look at the difference, commit.
set -eu
cd "$(dirname "$0")"
name=htmx.org version=4.0.1 folder=htmx-4.0.1
files="package/LICENSE package/dist/htmx.min.js package/dist/ext/hx-ptag.min.js package/dist/ext/hx-sse.min.js"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" "$name@$version" >/dev/null
tar -xzf "$work"/*.tgz -C "$work"
mkdir -p "$work/new/$folder"
for file in $files; do cp "$work/$file" "$work/new/$folder/"; done
chmod 644 "$work/new/$folder"/*

grep -E '^[0-9a-f]{64}  ' VENDOR.md >"$work/sums" || true
if [ "${1:-}" = --record ]; then
  (cd "$work/new" && sha256sum "$folder"/*)
else
  (cd "$work/new" && sha256sum --check --strict --quiet "$work/sums")
fi
mkdir -p "$folder"
cp "$work/new/$folder"/* "$folder/"
echo "$name $version is in $folder"
