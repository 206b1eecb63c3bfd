#!/bin/sh
# reproducible.sh - the same commit, built here, where objects of earlier builds lie, and from nothing in a
# folder with a longer name: the same modules, byte for byte.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ -z "$(git -C "$root" status --porcelain -- src include web Makefile)" ] || { echo 'src, include, web or the Makefile has changes that are not committed' >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
other=$scratch/another/and/longer
mkdir -p "$other"
git -C "$root" archive HEAD | tar -x -C "$other"
# The core needs no package; what looks newer than the lock file is not installed.
mkdir "$other/node_modules"
touch "$other/node_modules/.package-lock.json"
for folder in "$root" "$other"; do make -s -C "$folder" core >/dev/null; done
for folder in "$root" "$other"; do (cd "$folder/build" && sha256sum inklearn.wasm inklearn-*.wasm); done | sort | uniq -c |
  awk '{ print $2, $3; odd += $1 != 2 } END { exit odd > 0 || NR == 0 }'
