#!/bin/sh
# reproducible.sh - the same commit, built in two folders: the same modules, byte for byte.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for folder in one another/and/longer; do
  mkdir -p "$scratch/$folder"
  git -C "$root" archive HEAD | tar -x -C "$scratch/$folder"
  ln -s "$root/node_modules" "$scratch/$folder/node_modules"
  make -s -C "$scratch/$folder" -j2 core >/dev/null
  (cd "$scratch/$folder/build" && sha256sum inklearn*.wasm) >"$scratch/$(basename "$folder").sums"
done
cat "$scratch/one.sums"
cmp "$scratch/one.sums" "$scratch/longer.sums"
