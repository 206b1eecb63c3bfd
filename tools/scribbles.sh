#!/bin/sh
# scribbles.sh - how sure a network is of scribbles that are no digit: the mean probability of its answer, and the share
# that it claims with 99 %, at the temperature of the file, and at 1.
#   tools/scribbles.sh network.safetensors [how many]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build/digits --scribbles "${2:-500}" | tar xf - -C "$folder"
node tools/inklearn.mjs predict --load "$1" --as picture --tensors --json "$folder"/scribbles/*.png |
  node -e '
    const text = require("fs").readFileSync(0, "utf8").trim();
    const lines = text.split("\n").map((l) => JSON.parse(l)).filter((e) => e.probabilities);
    const print = (what, tops) => {
      const mean = tops.reduce((a, b) => a + b) / tops.length, sure = tops.filter((p) => p > 0.99).length / tops.length;
      console.log(`${what}: mean ${mean.toFixed(3)}, above 0.99: ${(100 * sure).toFixed(1)} % of ${tops.length}`);
    };
    const top = (p) => Math.max(...(Array.isArray(p) ? p : Object.values(p)));
    const plain = ({ logits }) => {
      const most = Math.max(...logits);
      return 1 / logits.reduce((s, z) => s + Math.exp(z - most), 0);
    };
    print("at its temperature", lines.map((e) => top(e.probabilities)));
    if (lines[0].logits) print("at temperature 1", lines.map(plain));
  '
