# Inklearn. `make` prints the targets.

CC     = cc
EMCC   = NODE_PATH=/usr/share/nodejs:$$NODE_PATH emcc
PORT   = 8000
SHARED = $(abspath $(or $(INK_SHARED),../shared))

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
INCLUDES = -Iinclude -isystem build/stb
CORE     = $(sort $(wildcard src/*.c src/*/*.c))

WASM_FLAGS = -std=c11 -O3 -msimd128 $(WARNINGS) $(INCLUDES)
WASM_LINK  = -O3 -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=16MB -sMAXIMUM_MEMORY=4GB
NATIVE     = -std=c11 -O2 $(WARNINGS) $(INCLUDES)
SANITIZED  = -std=c11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(INCLUDES)

.PHONY: help run screens train test bench site core assets data goldens check format layers clean setup setup-test setup-fuzz fuzz fuzz-coverage
.DELETE_ON_ERROR:

help:
	@echo 'make run       build, serve on http://localhost:$(PORT) and open the page'
	@echo 'make test      all tests, headless'
	@echo 'make train     train from the shell: DATA=archive MODEL=linear EPOCHS=20 ARGS=--interpret (all options: ARGS=--help)'
	@echo 'make fuzz      SECONDS=60: each parser of bytes from outside, with libFuzzer'
	@echo 'make bench     kernels, loading and training against their yardsticks'
	@echo 'make goldens   DIR=folder: hold the core against the golden vectors of that folder'
	@echo 'make site      build/site, a folder for any static host'
	@echo 'make assets    build/digits.tar.gz, the built-in digits'
	@echo 'make data      fetch MNIST (mnist_png.tar.gz) into build/, for the page to offer'
	@echo 'make core      build/inklearn.wasm'
	@echo 'make screens   build/screens: pictures of every state of the page'
	@echo 'make check     types of the JavaScript, order of the includes'
	@echo 'make format    clang-format all C'
	@echo 'make clean     remove build/'

# ---- what must be there ----

setup:
	@tools/setup.sh build
setup-test:
	@tools/setup.sh test
setup-fuzz:
	@tools/setup.sh fuzz

# Debian's stb alone, under a path of its own: Emscripten brings an older one.
build/stb/%.h: | setup
	@mkdir -p $(@D)
	cp /usr/include/stb/$*.h $@
STB = build/stb/stb_image.h build/stb/stb_image_write.h

# ---- the core ----

build/wasm/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(EMCC) $(WASM_FLAGS) -DINK_NO_SCALAR -DNDEBUG -MMD -MP -c $< -o $@

build/inklearn.wasm: $(CORE:%.c=build/wasm/%.o)
	$(EMCC) $(WASM_LINK) --no-entry $^ -o $@

core: build/inklearn.wasm

# ---- data ----

build/digits: $(wildcard tools/digits/*.c tools/digits/*.h) $(STB)
	$(CC) $(NATIVE) $(filter %.c,$^) -o $@ -lm

build/digits.tar.gz: build/digits
	build/digits | gzip -9n >$@

assets: build/digits.tar.gz

data: build/inklearn.wasm
	node tools/fetch-data.mjs build/mnist_png.tar.gz

# ---- the page ----

WEB = $(shell find web -type f)

# MNIST comes along where somebody has fetched it: the page then offers it.
site: build/inklearn.wasm build/digits.tar.gz $(WEB)
	rm -rf build/site
	mkdir -p build/site/data build/site/vendor
	cp -R web/. build/site/
	cp build/inklearn.wasm build/site/
	sed -i "s/<html lang=\"en\"/& data-build=\"$$(cat build/inklearn.wasm web/trainer.js | sha256sum | cut -c1-12)\"/" build/site/index.html
	{ cat node_modules/uplot/dist/uPlot.iife.min.js; echo 'export default uPlot;'; } >build/site/vendor/uPlot.js
	{ echo 'Inklearn and uPlot are used under the MIT licence, stb_image is in the public domain.'; cat LICENSE node_modules/uplot/LICENSE; } >build/site/licences.txt
	cp node_modules/uplot/dist/uPlot.min.css build/site/vendor/uPlot.css
	cp build/digits.tar.gz build/site/data/
	@printf '[{"url":"data/digits.tar.gz","name":"Drawn digits"}' >build/site/data/index.json
	@for from in build/mnist_png.tar.gz $(SHARED)/data/mnist_png.tar.gz; do \
	  if [ -f $$from ] && [ ! -f build/site/data/mnist_png.tar.gz ]; then \
	    cp $$from build/site/data/; \
	    printf ',{"url":"data/mnist_png.tar.gz","name":"MNIST"}' >>build/site/data/index.json; fi; done
	@printf ']\n' >>build/site/data/index.json

screens: setup-test site
	node tools/screens.mjs

run: site
	node tools/serve.mjs build/site --port $(PORT) --open

train: build/inklearn.wasm build/digits.tar.gz
	@node tools/inklearn.mjs train $(if $(DATA),--data $(DATA)) $(if $(MODEL),--model '$(MODEL)') $(if $(EPOCHS),--epochs $(EPOCHS)) $(ARGS)

# ---- tests ----

build/sanitized/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) -MMD -MP -c $< -o $@

SANITIZED_CORE = $(CORE:%.c=build/sanitized/%.o)

build/tests/%: build/sanitized/tests/%.o $(SANITIZED_CORE)
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) $^ -o $@ -lm

# It tells from where the heap was asked.
build/tests/alloc: build/sanitized/tests/alloc.o $(SANITIZED_CORE)
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) $^ -Wl,--wrap=ink_alloc,--wrap=ink_realloc -o $@ -lm

# The core with every kernel, and what the tests ask of it.
build/wasm-all/%.o: %.c Makefile $(STB) | setup
	@mkdir -p $(@D)
	$(EMCC) $(WASM_FLAGS) -MMD -MP -c $< -o $@

build/tests/%.wasm: build/wasm-all/tests/%.o $(CORE:%.c=build/wasm-all/%.o)
	@mkdir -p $(@D)
	$(EMCC) $(WASM_LINK) $^ -o $@

build/tests/probe.wasm: build/wasm-all/tests/probe.o $(CORE:%.c=build/wasm-all/%.o)
	@mkdir -p $(@D)
	$(EMCC) $(WASM_LINK) --no-entry $^ -o $@

NATIVE_TESTS = $(addprefix build/tests/,load kernels layers toom models learner semantics augment checkpoint limits alloc probe)
WASM_TESTS   = $(addprefix build/tests/,kernels.wasm limits.wasm alloc.wasm probe.wasm)

.PRECIOUS: build/sanitized/%.o build/wasm-all/%.o

# Before the rule that names its programs.
include tests/fuzz/fuzz.mk

test: setup-test site check $(NATIVE_TESTS) $(WASM_TESTS) $(REPLAYS) $(REPLAYS:%=%.wasm)
	INK_SHARED=$(SHARED) node --test tests/

goldens: setup build/tests/probe build/tests/probe.wasm
	@node tests/goldens.mjs $(or $(DIR),$(SHARED)/reference/goldens)

# ---- bench ----

build/bench.wasm: build/wasm/tools/bench.o build/wasm/tools/bench_layers.o $(CORE:%.c=build/wasm/%.o)
	$(EMCC) $(WASM_LINK) --no-entry $^ -o $@

build/bench-load: tools/bench_load.c $(STB)
	$(CC) $(NATIVE) $< -o $@ -lm

bench: setup-test site build/bench.wasm build/bench-load
	node tools/bench.mjs $(DATA)

# ---- habits ----

check: setup
	node_modules/.bin/tsc -p tools/tsconfig.json
	node tools/layers.mjs

format:
	clang-format -i $(shell find src include tests tools -name '*.[ch]')

clean:
	rm -rf build

-include $(shell find build -name '*.d' 2>/dev/null)
