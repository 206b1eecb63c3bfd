# fuzz.mk - the parsers and hostile bytes: replay of the stored corpus, fuzzing, coverage.

CLANG     = clang
PARSERS   = png tar idx safetensors model_line
REPLAYS   = $(PARSERS:%=build/fuzz/replay-%)
SECONDS   = 60
RUNS      = -1
FUZZ      = $(PARSERS)

# Of each: the longest input, and how much heap it may claim. Long lines and large files are in the stored corpus.
LONGEST_png = 3072
LONGEST_tar = 3072
LONGEST_idx = 3072
LONGEST_safetensors = 2048
LONGEST_model_line = 240
HEAP_png = 67108864
HEAP_tar = 65536
HEAP_idx = 67108864
HEAP_safetensors = 262144
HEAP_model_line = 1048576

# The core's heap, capped and counted.
WRAP = -Wl,--wrap=ink_alloc,--wrap=ink_free,--wrap=ink_realloc

build/fuzz/replay-%: build/sanitized/tests/fuzz/%.o build/sanitized/tests/fuzz/replay.o \
  build/sanitized/tests/fuzz/allocator.o $(SANITIZED_CORE)
	@mkdir -p $(@D)
	$(CC) $(SANITIZED) $^ $(WRAP) -o $@ -lm

build/fuzz/replay-%.wasm: MAIN = yes
build/fuzz/replay-%.wasm: $(PLAIN)/tests/fuzz/%.o $(PLAIN)/tests/fuzz/replay.o $(call with_scalar,$(PLAIN)) \
  build/compilers
	@mkdir -p $(@D)
	$(call link_$(WASM_CC),simd128) $(filter %.o,$^) -o $@

FUZZED = -std=c11 -O2 -g -pthread -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
  $(WARNINGS) $(INCLUDES)

build/fuzz/obj/%.o: %.c Makefile tests/fuzz/fuzz.mk $(STB) | setup-fuzz
	@mkdir -p $(@D)
	$(CLANG) $(FUZZED) -MMD -MP -c $< -o $@

build/fuzz/fuzz-%: build/fuzz/obj/tests/fuzz/%.o build/fuzz/obj/tests/fuzz/fuzzer.o \
  build/fuzz/obj/tests/fuzz/allocator.o $(CORE:%.c=build/fuzz/obj/%.o)
	$(CLANG) -pthread -fsanitize=fuzzer,address,undefined $^ $(WRAP) -o $@ -lm

# Every parser for SECONDS, or until RUNS executions; what libFuzzer learns stays in build/fuzz/found, what breaks in
# build/fuzz/broken.
fuzz: $(FUZZ:%=build/fuzz/fuzz-%)
	@for parser in $(foreach p,$(FUZZ),$(p):$(LONGEST_$(p)):$(HEAP_$(p))); do \
	  heap=$${parser##*:}; parser=$${parser%:*}; longest=$${parser##*:}; parser=$${parser%:*}; \
	  mkdir -p build/fuzz/found/$$parser build/fuzz/broken/$$parser; \
	  echo "$$parser, $(SECONDS) s:"; \
	  INK_FUZZ_HEAP=$$heap ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=4 build/fuzz/fuzz-$$parser \
	    -max_total_time=$(SECONDS) -runs=$(RUNS) -max_len=$$longest \
	    -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/broken/$$parser/ build/fuzz/found/$$parser tests/fuzz/corpus/$$parser \
	    >build/fuzz/$$parser.log 2>&1 || { tail -40 build/fuzz/$$parser.log; exit 1; }; \
	  grep -E 'number_of_executed_units|slowest_unit|peak_rss' build/fuzz/$$parser.log; \
	done

# Lines of each parser that the stored corpus alone reaches: at least 90 % of each.
COVERED_png         = $(patsubst %,src/data/%.c,png image inflate exif paper kinds)
COVERED_tar         = src/data/load/tar.c
COVERED_idx         = src/data/load/idx.c
COVERED_safetensors = $(wildcard src/checkpoint/*.c) src/train/progress.c
COVERED_model_line  = $(wildcard src/model/*line*.c) src/train/settings.c

COVERED_FLAGS = -std=c11 -O0 -g -fprofile-instr-generate -fcoverage-mapping $(WARNINGS) $(INCLUDES)

build/fuzz/cover/%.o: %.c Makefile tests/fuzz/fuzz.mk $(STB) | setup-fuzz
	@mkdir -p $(@D)
	$(CLANG) $(COVERED_FLAGS) -MMD -MP -c $< -o $@

build/fuzz/cover-%: build/fuzz/cover/tests/fuzz/%.o build/fuzz/cover/tests/fuzz/replay.o \
  build/fuzz/cover/tests/fuzz/allocator.o $(CORE:%.c=build/fuzz/cover/%.o)
	$(CLANG) -fprofile-instr-generate $^ $(WRAP) -o $@ -lm

fuzz-coverage: $(PARSERS:%=build/fuzz/cover-%)
	@$(foreach parser,$(PARSERS),node tests/fuzz/coverage.mjs $(parser) $(COVERED_$(parser)) &&) true

.PRECIOUS: build/fuzz/obj/%.o build/fuzz/cover/%.o
