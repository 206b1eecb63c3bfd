#!/bin/sh
# setup.sh - installs what a build or a test needs and this machine lacks, or says what that is.
#   tools/setup/setup.sh build|test|fuzz
#   tools/setup/setup.sh relaxed       what the relaxed SIMD modules need: without it the rest works
set -eu

as_root=
if [ "$(id -u)" != 0 ]; then
  as_root=no
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=sudo; fi
fi
apt() { # apt <command...>, if that can be done here; it waits while another apt-get works
  command -v apt-get >/dev/null && [ "$as_root" != no ] &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}
install() { apt update && apt install -y --no-install-recommends "$@"; }

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

# Tests that need one of these programs are skipped by name where it is missing; all other tests run.
wanted=
want() { # want <package> <test that it is there...>
  package=$1
  shift
  "$@" >/dev/null 2>&1 || wanted="$wanted $package"
}
has_one() { for program in "$@"; do command -v "$program" && return; done; return 1; }
python_has() { # python_has <module>: without importing it, which takes seconds
  for python in python3 /usr/bin/python3; do
    $python -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$1') is None)" && return
  done
  return 1
}

if [ "${1:-build}" = test ]; then
  [ -n "${FIREFOX:-}" ] || want firefox-esr has_one firefox-esr firefox
  want python3-torch python_has torch
  want python3-numpy python_has numpy
  want python3-pil python_has PIL
  want parallel command -v parallel
  want imagemagick has_one convert magick
  want zip command -v zip
  if [ -n "$wanted" ] && ! install $wanted; then # one of them may be unknown here
    missing=
    for package in $wanted; do apt install -y --no-install-recommends "$package" || missing="$missing $package"; done 2>/dev/null
    [ -z "$missing" ] || echo "Not here, and the tests with them are skipped:$missing (apt-get install$missing)" >&2
  fi
fi

node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null || {
  echo "Node 20 or later is needed: https://nodejs.org" >&2
  exit 1
}
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts --silent --no-audit --no-fund

# The newest Node, beside the one that runs everything else: the tests run the command line with it too.
if [ "${1:-build}" = test ] && ! [ -x build/newest-node/node_modules/.bin/node ]; then
  package=$(node -p '`node-${process.platform}-${process.arch}`')
  npm install --prefix build/newest-node --no-save --ignore-scripts --silent --no-audit --no-fund --fetch-retries=1 "$package@latest" ||
    echo 'The newest Node could not be fetched: the tests with it are skipped.' >&2
fi
