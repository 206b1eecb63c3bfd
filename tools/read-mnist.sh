#!/bin/sh
# read-mnist.sh - how well does a network that has seen only the built-in digits read MNIST's test
# pictures?   tools/read-mnist.sh <mnist_png.tar.gz> [options of `inklearn.mjs train`]
set -eu
mnist=$(realpath "$1")
shift
digits=$(realpath build/digits.tar.gz)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/mix"
tar xzf "$digits" -C "$folder" digits/training
tar xzf "$mnist" -C "$folder" mnist_png/testing
mv "$folder/digits/training" "$folder/mnist_png/testing" "$folder/mix/"
tar cf "$folder/mix.tar" -C "$folder" mix
node tools/inklearn.mjs train --data "$folder/mix.tar" --model 'linear(128) relu linear(classes)' \
  --epochs 6 --batch 64 --lr 0.1 --momentum 0.9 "$@"
