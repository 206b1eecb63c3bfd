#!/bin/sh
# lint.sh - runs compilers and checkers on all C, and fails if one of them reports something. A program that is not
# installed is named and skipped; CI=1 makes that a failure.
#   gcc, clang 14, clang 19   -Wall -Wextra -Wshadow -Wconversion, native and as WebAssembly with SIMD and threads
#   cppcheck                  warning, performance, portability
#   clang-tidy                the checks of .clang-tidy
set -u
cd "$(dirname "$0")/../.."
failed=0
missing() {
  echo "not here: $1" >&2
  [ "${CI:-}" = 1 ] && failed=1
}
FLAGS='-std=c11 -fsyntax-only -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror'
FLAGS="$FLAGS -Iinclude -isystem build/stb -Ibuild/id"
# Tests and tools may convert numbers silently: -Wconversion is for the core.
CORE="src/*/*.c src/*/*/*.c"
OTHER="tests/*/*.c tools/*.c tools/digits/*.c tools/bench/load.c"

each() { # each <name> <compiler and flags...> -- <files...>
  name=$1
  shift
  command=
  while [ "$1" != -- ]; do command="$command $1"; shift; done
  shift
  printf '%s\n' "$@" | xargs -P2 -n1 $command || failed=1
  echo "$name: $# files"
}

for compiler in gcc clang clang-19; do
  command -v $compiler >/dev/null || { missing $compiler; continue; }
  each "$compiler, native" $compiler $FLAGS -pthread -- $CORE
  looser='-Wno-conversion -Wno-sign-conversion'
  case $compiler in clang*) looser="$looser -Wno-string-concatenation" ;; esac
  each "$compiler, tests and tools" $compiler $FLAGS $looser -pthread -- $OTHER
done
# The sources as WebAssembly.
sysroot=$(sed -n 's/^SYSROOT = //p' build/toolchain.mk)
if command -v clang-19 >/dev/null && [ -d "$sysroot" ]; then
  WASM="clang-19 $FLAGS --target=wasm32-unknown-emscripten --sysroot=$sysroot -msimd128 -DINK_NO_SCALAR -DNDEBUG"
  each 'clang-19, WebAssembly' $WASM -- $CORE
  each 'clang-19, WebAssembly, bench' $WASM -Wno-conversion -Wno-sign-conversion -- \
    tools/bench/kernels.c tools/bench/layers.c
  each 'clang-19, WebAssembly with threads and relaxed SIMD' $WASM -mrelaxed-simd -matomics -mbulk-memory -- $CORE
else
  missing 'clang-19 with the sysroot of Emscripten'
fi
if command -v cppcheck >/dev/null; then
  cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
    --suppress=missingIncludeSystem -Iinclude -D__x86_64__ src && echo "cppcheck: src" || failed=1
else
  missing cppcheck
fi
if command -v clang-tidy >/dev/null; then
  printf '%s\n' $CORE | xargs -P2 -n4 sh -c '
    clang-tidy --quiet --warnings-as-errors="*" "$@" -- \
      -std=c11 -Iinclude -isystem build/stb -Ibuild/id -pthread 2>build/tidy.$$.log ||
      { cat build/tidy.$$.log; exit 1; }
    rm -f build/tidy.$$.log' - || failed=1
  echo 'clang-tidy: src'
else
  missing clang-tidy
fi
exit $failed
