#!/bin/sh
# The notebook's ResNet-18, start to end, on an archive of MNIST:
#   tools/notebook.sh mnist_png.tar.gz [seed] [augmentation]
# lr_find, fine_tune(5, 3e-3), lr_find, fit_one_cycle(5, slice(1e-6, 1e-4)), interpretation. Each table
# is as fastai prints it. Checkpoints and plots go to build/notebook-<seed>-<augmentation>/.
set -eu
data=$(realpath "$1") seed=${2:-1} augment=${3:-fastai}
cd "$(dirname "$0")/.."
to=build/notebook-$seed-$augment
recipe="--model resnet18 --batch 64 --drop-last 1 --optimizer fastai_adam --augment $augment --seed $seed --variant deterministic"
# shellcheck disable=SC2086
inklearn() {
  echo
  echo "inklearn $*"
  node tools/inklearn.mjs "$@" --data "$data" $recipe
}
inklearn lr-find --plots "$to/before"
inklearn train --table fastai --schedule fine_tune --epochs 5 --lr :3e-3 --save "$to/first.safetensors" --plots "$to/first"
inklearn lr-find --load "$to/first.safetensors" --plots "$to/first"
inklearn train --table fastai --load "$to/first.safetensors" --schedule one_cycle --epochs 5 --lr 1e-6:1e-4 \
  --save "$to/last.safetensors" --plots "$to/last" --interpret
