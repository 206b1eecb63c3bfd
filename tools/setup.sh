#!/bin/sh
# setup.sh - installs what a build or a test needs and this machine lacks, or says what that is.
#   tools/setup.sh build|test|fuzz
#   tools/setup.sh relaxed       what the relaxed SIMD modules need: without it the rest works
set -eu

as_root=
if [ "$(id -u)" != 0 ]; then
  as_root=no
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=sudo; fi
fi
install() { # install <package...>, if that can be done here
  command -v apt-get >/dev/null && [ "$as_root" != no ] || return 1
  $as_root apt-get update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

packages=
need() { # need <package> <test that it is there...>
  package=$1
  shift
  "$@" >/dev/null 2>&1 || packages="$packages $package"
}

if [ "${1:-build}" = relaxed ]; then
  need clang-19 command -v clang-19
  need lld-19 command -v wasm-ld-19
  if [ -n "$packages" ]; then
    echo "For relaxed SIMD:$packages" >&2
    install $packages || echo "They could not be installed (apt-get install$packages)." >&2
  fi
  exit 0
fi

need emscripten command -v emcc
need libstb-dev test -f /usr/include/stb/stb_image.h
need gcc command -v cc
need libc6-dev test -f /usr/include/stdio.h
if [ "${1:-build}" = test ]; then
  [ -n "${CHROMIUM:-}" ] || need chromium command -v chromium
  # What is skipped without it, is skipped by name: it does not stop the rest.
  [ -n "${FIREFOX:-}" ] || command -v firefox-esr >/dev/null || command -v firefox >/dev/null || install firefox-esr || echo 'Firefox is not here (apt-get install firefox-esr): the tests in it are skipped.' >&2
fi
if [ "${1:-build}" = fuzz ]; then
  need clang command -v clang
  need llvm command -v llvm-cov
  # libFuzzer and the sanitizers of that clang; the package is named by its version.
  version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
  need "libclang-rt-${version:-14}-dev" sh -c 'ls "$(clang -print-resource-dir)"/lib/linux/libclang_rt.fuzzer-*.a'
fi

if [ -n "$packages" ]; then
  echo "Needed and not here:$packages" >&2
  install $packages || {
    echo "Please install these packages (names of Debian 12):" >&2
    echo "    apt-get install --no-install-recommends$packages" >&2
    exit 1
  }
fi

node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || {
  echo "Node 20 or later is needed: https://nodejs.org" >&2
  exit 1
}
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --silent --no-audit --no-fund
