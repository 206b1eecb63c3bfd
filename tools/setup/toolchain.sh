#!/bin/sh
# toolchain.sh - prints, as lines of a makefile, which compilers for WebAssembly are here.
#
# Emscripten 3.1.6 (Debian 12) brings clang 14, whose relaxed SIMD instructions are an older draft's,
# which no engine accepts. clang 19 builds them, against Emscripten's own headers and libraries.
set -eu

version=$(emcc --version | sed -n '1s/.*) \([0-9.]*\).*/\1/p')
sysroot=$(em-config CACHE)/sysroot
library=$sysroot/lib/wasm32-emscripten

echo "SYSROOT = $sysroot"
if command -v clang-19 >/dev/null && command -v wasm-ld-19 >/dev/null && [ -f "$library/libc.a" ]; then
  echo "RELAXED_CC = clang-19"
elif printf '3.1.50\n%s\n' "$version" | sort -CV; then
  echo "RELAXED_CC = emcc"
else
  echo "RELAXED_CC ="
  echo "No relaxed SIMD modules: they need clang-19 and lld-19, or Emscripten 3.1.50 or later (this one is ${version:-of an unknown version})." >&2
fi
