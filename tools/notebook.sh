#!/bin/sh
# The notebook's ResNet-18, start to end, on an archive of MNIST:
#   tools/notebook.sh mnist_png.tar.gz [seed] [fastai|fastai_no_flip]
# lr_find, fine_tune(5, 3e-3), lr_find, fit_one_cycle(5, slice(1e-6, 1e-4)). Checkpoints go to build/.
set -eu
data=$1 seed=${2:-1} augment=${3:-fastai}
cd "$(dirname "$0")/.."
recipe="--data $data --model resnet18 --batch 64 --drop-last 1 --optimizer fastai_adam --augment $augment --seed $seed"
first=build/notebook-$seed-$augment.safetensors last=build/notebook-$seed-$augment-last.safetensors
# shellcheck disable=SC2086
inklearn() { node tools/inklearn.mjs "$@" $recipe; }
inklearn lr-find
inklearn train --schedule fine_tune --epochs 5 --lr :3e-3 --save "$first"
inklearn lr-find --load "$first"
inklearn train --load "$first" --schedule one_cycle --epochs 5 --lr 1e-6:1e-4 --save "$last"
