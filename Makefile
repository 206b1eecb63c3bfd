# Inklearn. `make` prints the targets.

CC     = cc
PORT   = 8000
# Compiles the modules without relaxed SIMD: clang-19 where it is, or emcc.
WASM_CC = $(or $(filter clang-19,$(RELAXED_CC)),emcc)
SHARED = $(abspath $(or $(INK_SHARED),../shared))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
INCLUDES = -Iinclude -isystem build/stb -Ibuild/id
CORE     = $(sort $(wildcard src/*/*.c src/*/*/*.c))
WEB      = $(shell find web -type f | LC_ALL=C sort)
KERNELS  = $(filter src/kernels/%,$(CORE))

NATIVE    = -std=c11 -O2 -pthread $(WARNINGS) $(INCLUDES)
SANITIZED = -std=c11 -O1 -g -pthread -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(INCLUDES)

.PHONY: help run screens figures train test test-build test-package bench site core lib package assets pretrained data \
  goldens check lint lint-js format clean setup setup-test setup-fuzz fuzz fuzz-coverage soak soak-memory soak-faults \
  soak-steps mutants
.DELETE_ON_ERROR:

help:
	@echo 'make run       build, serve on http://localhost:$(PORT) and open the page'
	@echo 'make test      all tests, headless'
	@echo 'make test-package  the package in Parcel and Next.js, which take long to install'
	@echo 'make train     train from the shell: DATA=archive MODEL=linear EPOCHS=20 (or PRESET=quick) SEED=1 ARGS=--interpret (all options: ARGS=--help)'
	@echo 'make fuzz      SECONDS=60: each parser of bytes from outside, with libFuzzer'
	@echo 'make bench     speed beside its yardsticks: DATA=archive ONLY=kernels,layers,steps,epochs,loading,startup,page,pause QUICK=1 WHOLE=1 BASE=earlier.json'
	@echo 'make goldens   DIR=folder: hold the core against the golden vectors of that folder'
	@echo 'make site      build/site, a folder for any static host'
	@echo 'make package   build/inklearn.tgz: the npm package, command line and JavaScript API'
	@echo 'make lib       build/lib: the core as a native static library, and its headers'
	@echo 'make assets    build/digits.tar.gz, the built-in digits'
	@echo 'make pretrained  assets/reader.safetensors, the network that comes with the page'
	@echo 'make data      fetch MNIST (mnist_png.tar.gz) into build/, for the page to offer'
	@echo 'make core      build/inklearn*.wasm, a module for each kind of engine'
	@echo 'make screens   build/screens: pictures of every state of the page'
	@echo 'make figures   the pictures in README.md and assets/docs/how-it-works.md'
	@echo 'make soak      2,000 steps of each model, eight hours worth of the smallest, kills by the hundred, the same commit built twice'
	@echo 'make mutants   removes each check of the parsers and of what is kept: do the tests notice?'
	@echo 'make lint      compilers with -Wconversion, cppcheck, clang-tidy, ESLint, Prettier'
	@echo 'make check     types and promises of the JavaScript, order of the includes'
	@echo 'make format    clang-format all C; Prettier all JavaScript, HTML and CSS'
	@echo 'make clean     remove build/'

# ---- what must be there ----

setup:
	@tools/setup/setup.sh build
# One after the other: two at once would both install packages.
setup-test: setup
	@tools/setup/setup.sh test
setup-fuzz: setup
	@tools/setup/setup.sh fuzz

# Debian's stb alone, under a path of its own: Emscripten brings an older one.
build/stb/%.h: | setup
	@mkdir -p $(@D)
	cp /usr/include/stb/$*.h $@
STB = build/stb/stb_image.h build/stb/stb_image_write.h

# Which compilers there are: SYSROOT, RELAXED_CC.
ifneq ($(filter-out help clean format setup setup-test setup-fuzz,$(or $(MAKECMDGOALS),help)),)
include build/toolchain.mk
endif
build/toolchain.mk: tools/setup/toolchain.sh tools/setup/setup.sh | setup
	@mkdir -p $(@D)
	@tools/setup/toolchain.sh >$@ 2>/dev/null; grep -q 'RELAXED_CC = .' $@ || \
	  { tools/setup/setup.sh relaxed; tools/setup/toolchain.sh >$@; }

# ---- which build this is: of all sources of core and page ----

SOURCES  = $(CORE) $(sort $(wildcard include/*.h src/*/*.h src/*/*/*.h)) $(sort $(WEB))
BUILD_ID := $(shell cat $(SOURCES) Makefile | sha256sum | cut -c1-12)

build/id/build_id.h: force
	@mkdir -p $(@D)
	@echo '#define INK_BUILD "$(BUILD_ID)"' | cmp -s - $@ || echo '#define INK_BUILD "$(BUILD_ID)"' >$@

# ---- the core: a module for each kind of engine ----

# simd128 runs everywhere; the others want shared memory for threads, relaxed SIMD, or both.
VARIANTS = simd128 threads $(if $(RELAXED_CC),relaxed threads-relaxed)
ending   = $(patsubst %,-%,$(filter-out simd128,$1))
MODULES  = $(foreach v,$(VARIANTS),build/inklearn$(call ending,$v).wasm)

FLAGS_threads         = -matomics
FLAGS_relaxed         = -mrelaxed-simd
FLAGS_threads-relaxed = $(FLAGS_threads) $(FLAGS_relaxed)
WASM_FLAGS            = -std=c11 -O3 -msimd128 -mbulk-memory $(WARNINGS) $(INCLUDES)

COMPILE_emcc     = NODE_PATH=/usr/share/nodejs emcc
COMPILE_clang-19 = clang-19 --target=wasm32-unknown-emscripten --sysroot=$(SYSROOT)

# $(call link_<compiler>,variant): a module without main, if MAIN is not set.
link_emcc = $(COMPILE_emcc) -Oz $(FLAGS_$1) -sMALLOC=emmalloc -sSTANDALONE_WASM \
  -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=16MB -sMAXIMUM_MEMORY=4GB \
  $(if $(findstring threads,$1),-sIMPORTED_MEMORY=1 -Xlinker --shared-memory) $(if $(MAIN),,--no-entry)
LIB = $(SYSROOT)/lib/wasm32-emscripten
link_clang-19 = wasm-ld-19 --strip-all --compress-relocations --stack-first -z stack-size=5242880 \
  --initial-memory=16777216 --max-memory=4294967296 \
  $(if $(findstring threads,$1),--import-memory --shared-memory) --export=stackRestore --import-undefined -L$(LIB) \
  $(if $(MAIN),$(LIB)/crt1.o,$(LIB)/crt1_reactor.o --entry=_initialize) \
  -lstandalonewasm-memgrow -lc-optz -lemmalloc -lcompiler_rt

# Objects know their compiler by their folder; what is linked of them must be told that it changed.
build/compilers: force
	@mkdir -p $(@D)
	@echo '$(WASM_CC) $(RELAXED_CC)' | cmp -s - $@ || echo '$(WASM_CC) $(RELAXED_CC)' >$@
.PHONY: force

# Every visitor waits for the module's bytes. Code that runs once or seldom is compiled for size (-Oz), code outside the
# hot loops for size and speed (-Os), the hot loops for speed (-O3).
COLD = $(filter-out %/tar.c %/loss.c %/optim.c %/average.c,$(wildcard $(patsubst %,src/%/*.c,\
    api checkpoint data/digit data/load look model train))) \
  $(patsubst %,src/%.c,base/text data/dataset data/exif data/kinds data/paper layers/conv \
    layers/layers layers/registry layers/toom)
HOT  = $(KERNELS) $(filter-out $(COLD),$(wildcard src/layers/*.c)) $(patsubst %,src/%.c,base/crc32 base/finite \
  base/threads train/loss train/optim data/augment/distort data/image data/inflate)
level = $(if $(filter $1,$(COLD)),-Oz,$(if $(filter $1,$(CORE)),$(if $(filter-out $(HOT),$1),-Os)))

# variant, compiler, folder of its objects. `all` has the scalar kernels too, for tests.
define variant
$3/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $$(@D)
	$(COMPILE_$2) $(WASM_FLAGS) $$(call level,$$<) $(FLAGS_$1) -DINK_NO_SCALAR -DNDEBUG -MMD -MP -c $$< -o $$@

$3/all/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $$(@D)
	$(COMPILE_$2) $(WASM_FLAGS) $(FLAGS_$1) -DNDEBUG -MMD -MP -c $$< -o $$@

$3/src/base/build_id.o: build/id/build_id.h

build/inklearn$(call ending,$1).wasm: $(CORE:%.c=$3/%.o) build/compilers
	$(call link_$2,$1) $$(filter %.o,$$^) -o $$@

build/bench$(call ending,$1).wasm: $3/tools/bench/kernels.o $3/tools/bench/layers.o $(CORE:%.c=$3/%.o) build/compilers
	$(call link_$2,$1) $$(filter %.o,$$^) -o $$@

build/tests/kernels$(call ending,$1).wasm: MAIN = yes
build/tests/kernels$(call ending,$1).wasm: $(call object,$3,kernels) $3/src/base/base.o $(KERNELS:%.c=$3/all/%.o) \
  build/compilers
	@mkdir -p $$(@D)
	$$(call link_$2,$1) $$(filter %.o,$$^) -o $$@

build/tests/probe$(call ending,$1).wasm: $(call object,$3,probe) $(call with_scalar,$3) build/compilers
	@mkdir -p $$(@D)
	$(call link_$2,$1) $$(filter %.o,$$^) -o $$@

build/tests/pool$(call ending,$1).wasm: $3/tests/kernels/pool.o $3/src/base/base.o $3/src/base/threads.o build/compilers
	@mkdir -p $$(@D)
	$(call link_$2,$1) $$(filter %.o,$$^) -o $$@
endef
# The objects of a test program: $(call object,folder of objects,name). Its source is tests/<room>/<name>.c, and
# further files of it are tests/<room>/<name>_*.c.
object = $(patsubst %.c,$1/%.o,$(wildcard tests/*/$2.c tests/*/$2_*.c))
with_scalar = $(patsubst %.c,$1/%.o,$(filter-out $(KERNELS),$(CORE))) $(KERNELS:%.c=$1/all/%.o)
compiler = $(if $(findstring relaxed,$1),$(RELAXED_CC),$(WASM_CC))
$(foreach v,$(VARIANTS),$(eval $(call variant,$v,$(call compiler,$v),build/wasm/$(call compiler,$v)/$v)))

PLAIN = build/wasm/$(WASM_CC)/simd128

core: $(MODULES)

# ---- the core as a native library: build/lib ----

build/native/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(CC) $(NATIVE) -DNDEBUG -MMD -MP -c $< -o $@
build/native/src/base/build_id.o: build/id/build_id.h

build/lib/libinklearn.a: $(CORE:%.c=build/native/%.o)
	@mkdir -p build/lib/include
	rm -f $@
	ar rcs $@ $^
	cp include/*.h build/lib/include/

lib: build/lib/libinklearn.a

# ---- the schema: every list that the core keeps, for all that is not C ----

build/schema: build/native/tools/schema/main.o build/lib/libinklearn.a
	$(CC) $(NATIVE) $^ -o $@ -lm

# Both keep their time where nothing changed, so that a change of the core makes nothing else anew.
build/schema.json: build/schema
	@build/schema | cmp -s - $@ || build/schema >$@

build/schema.js: build/schema.json tools/schema/generate.mjs
	node tools/schema/generate.mjs $< build

# Every program that uses a module uses the schema too.
$(MODULES): | build/schema.js

# ---- data ----

build/digits: $(wildcard tools/digits/*.c tools/digits/*.h) $(STB)
	$(CC) $(NATIVE) $(filter %.c,$^) -o $@ -lm

build/digits.tar.gz: build/digits
	build/digits | gzip -9n >$@

# The same pictures in a form that the page has ready sooner.
build/digits-train-images.idx.gz: build/digits.tar.gz tools/digits/idx.mjs | $(MODULES)
	node tools/digits/idx.mjs $< build/digits

assets: build/digits.tar.gz

# The network that reads digits on the page before any training: it has seen drawn digits alone. It is kept in the
# repository; whoever changes the digits makes it again.
pretrained: $(MODULES) build/digits.tar.gz
	node tools/inklearn.mjs train --preset good --epochs 4 --augment-strength 1.1 --label-smoothing 0.1 \
	  --hold-out 2000 --seed 1 --variant deterministic --save build/reader.safetensors
	node tools/inklearn.mjs export --load build/reader.safetensors --to assets/reader.safetensors

data: $(MODULES)
	node tools/digits/fetch-data.mjs build/mnist_png.tar.gz

# ---- the page ----

# MNIST comes along where somebody has fetched it: the page then offers it.
site: $(MODULES) build/schema.js build/digits-train-images.idx.gz build/digits.tar.gz $(WEB) tools/site/site.mjs
	@node tools/site/site.mjs --build $(BUILD_ID) --modules build --digits build --to build/site \
	  $(addprefix --mnist ,$(firstword $(wildcard build/mnist_png.tar.gz $(SHARED)/data/mnist_png.tar.gz)))

# ---- the package ----

# What `npm publish` would send.
package: build/inklearn.tgz
PACKED = $(WEB) $(shell find tools/package tools/cli tools/export tools/node -type f) \
  tools/inklearn.mjs tools/open_in_pytorch.py
build/inklearn.tgz: $(MODULES) build/schema.js build/digits.tar.gz package.json README.md LICENSE $(PACKED)
	npm pack --silent --ignore-scripts --pack-destination build >/dev/null
	mv build/inklearn-*.*.*.tgz $@

screens: setup-test site
	node tools/figures/screens.mjs

# The pictures of the documentation.
figures: setup-test site lib build/digits.tar.gz
	node tools/figures/figures.mjs

run: site
	node tools/site/serve.mjs build/site --port $(PORT) --open

train: $(MODULES) build/digits.tar.gz
	@node tools/inklearn.mjs train $(if $(PRESET),--preset $(PRESET)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(DATA),--data $(DATA)) $(if $(MODEL),--model '$(MODEL)') $(if $(EPOCHS),--epochs $(EPOCHS)) $(ARGS)

# ---- tests ----

build/sanitized/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) -MMD -MP -c $< -o $@

SANITIZED_CORE = $(CORE:%.c=build/sanitized/%.o)
build/sanitized/src/base/build_id.o: build/id/build_id.h

# A list, not a pattern alone: make would try it for the programs of WebAssembly too, and link nothing.
PLAIN_TESTS  = $(addprefix build/tests/,load kernels layers toom models learner semantics augment recipes checkpoint \
                 sound limits probe pool)
NATIVE_TESTS = $(PLAIN_TESTS) $(addprefix build/tests/,growth alloc pool-races)

.SECONDEXPANSION:
$(PLAIN_TESTS): build/tests/%: $$(call object,build/sanitized,$$*) $(SANITIZED_CORE)
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) $^ -o $@ -lm

# It tells from where the heap was asked.
build/tests/alloc: build/sanitized/tests/train/alloc.o $(SANITIZED_CORE)
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) $^ -Wl,--wrap=ink_alloc,--wrap=ink_realloc -o $@ -lm

# The readers of what strangers may have made, each block of which counts when it runs.
COUNTED = $(wildcard src/checkpoint/*.c) \
  $(patsubst %,src/%.c,model/line_layers model/line_words model/model_line train/settings base/text)
build/counted/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(CC) $(NATIVE) -fsanitize-coverage=trace-pc -MMD -MP -c $< -o $@

build/tests/growth: build/native/tests/checkpoint/growth.o $(COUNTED:%.c=build/counted/%.o) \
  $(patsubst %.c,build/native/%.o,$(filter-out $(COUNTED),$(CORE)))
	@mkdir -p $(@D)
	$(CC) $(NATIVE) $^ -o $@ -lm

# The pool again, under the sanitizer that finds races.
build/tests/pool-races: tests/kernels/pool.c src/base/threads.c src/base/base.c include/ink_base.h \
  tests/support/check.h | setup
	@mkdir -p $(@D)
	$(CC) -std=c11 -O1 -g -pthread -fsanitize=thread $(WARNINGS) $(INCLUDES) $(filter %.c,$^) -o $@ -lm

# Programs of WebAssembly, with every kernel.
build/tests/%.wasm: MAIN = yes
build/tests/%.wasm: $$(call object,$(PLAIN),$$*) $(call with_scalar,$(PLAIN)) build/compilers
	@mkdir -p $(@D)
	$(call link_$(WASM_CC),simd128) $(filter %.o,$^) -o $@

WASM_TESTS   = $(addprefix build/tests/,kernels.wasm limits.wasm alloc.wasm probe.wasm probe-threads.wasm \
                 pool-threads.wasm \
                 $(if $(RELAXED_CC),kernels-relaxed.wasm probe-relaxed.wasm probe-threads-relaxed.wasm))

.PRECIOUS: build/sanitized/%.o $(PLAIN)/%.o

# All before the rules that name their programs.
BENCH = $(patsubst build/inklearn%,build/bench%,$(MODULES)) build/bench-load
include tests/fuzz/fuzz.mk

# A browser waits more than it computes: a file of tests for each core, where Node can be told (20.10).
PARALLEL = $(shell node --help | grep -q test-concurrency && echo --test-concurrency=$$(nproc))

# The programs and folders that the tests need are built on all cores, unless make was told how many (make -j1 test).
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

test: setup-test
	+@$(MAKE) $(JOBS) --no-print-directory test-build
	INK_SHARED=$(SHARED) node --test --test-timeout=900000 $(PARALLEL) $(sort $(shell find tests -name '*.test.mjs'))

test-build: site package check $(BENCH) lib $(NATIVE_TESTS) $(WASM_TESTS) $(REPLAYS) $(REPLAYS:%=%.wasm)

# Bundlers that take long to install.
test-package: setup-test package
	node --test tests/package/bundlers.mjs

# What takes longer than a test may; the last figures stand in tests/RELIABILITY.md.
soak: soak-memory soak-steps soak-faults
soak-memory: setup $(MODULES) build/digits.tar.gz
	INK_SOAK=1 node --test tests/train/memory.test.mjs
soak-faults: setup-test site
	KILLS=100 node --test tests/checkpoint/kills.test.mjs
	KILLS=20 node --test --test-name-pattern='trainers lost' tests/page/lost.test.mjs
	tests/train/reproducible.sh
soak-steps: $(MODULES) build/digits.tar.gz
	node --expose-gc tests/train/soak.mjs

goldens: setup build/tests/probe $(filter build/tests/probe%,$(WASM_TESTS))
	@node tests/goldens/goldens.mjs $(or $(DIR),$(SHARED)/reference/goldens)

# ---- bench ----

build/bench-load: tools/bench/load.c $(STB)
	$(CC) $(NATIVE) $< -o $@ -lm

bench: setup-test site $(BENCH)
	node tools/bench/bench.mjs $(if $(DATA),--data $(DATA)) $(if $(ONLY),--only $(ONLY)) $(if $(BASE),--base $(BASE)) \
	  $(if $(QUICK),--quick) $(if $(WHOLE),--whole)

# ---- habits ----

check: setup lint-js build/schema.js
	node_modules/.bin/tsc -p tools/tsconfig.json
	node tools/check/arrows.mjs
	node tools/check/lines.mjs

# Finds promises that nobody awaits and names that nobody uses (tools/eslint.config.mjs), and unformatted files.
lint-js: setup build/schema.js
	node_modules/.bin/eslint -c tools/eslint.config.mjs web tools tests
	node_modules/.bin/prettier --check --log-level warn .

# Whether the tests notice when a check is missing: `make mutants ARGS='--seconds 170'` does it in pieces.
mutants: setup-test $(SANITIZED_CORE) $(REPLAYS) $(addprefix build/tests/,limits checkpoint models) \
  build/inklearn.wasm build/digits.tar.gz
	@mkdir -p build/mutants && echo '$(SANITIZED_CORE)' >build/mutants/objects
	node tests/fuzz/mutants.mjs $(ARGS)

# Compilers and checkers on all C (tools/check/lint.sh, .clang-tidy), ESLint and Prettier on the rest.
lint: setup lint-js build/id/build_id.h $(STB)
	tools/check/lint.sh

format: setup
	clang-format -i $(shell find src include tests tools -name '*.[ch]')
	node_modules/.bin/prettier --write --log-level warn .

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
