/*
 * alloc.c - every allocation of everything that the session can do fails, once and from then on: a
 * clear error, nothing lost, no leak, and the same call succeeds afterwards.
 *
 * Standard input holds files: name and content, each after its length in four bytes, little end
 * first. One ends in .png, those with "idx" in their names are a data set, the others another.
 *
 * Linked natively with --wrap=ink_alloc,--wrap=ink_realloc it also tells from where the heap was
 * asked.
 */
#include "../support/check.h"
#include "ink_api.h"
#include "ink_data.h"

#include <stdlib.h>
#include <string.h>

/* ---- the places that ask ---- */

#if !defined(__wasm__)
enum { SITES_MAX = 500 };
static struct {
  void *where;
  bool failed;
} sites[SITES_MAX];
static size_t n_sites;

void *__real_ink_alloc(size_t len);
void *__real_ink_realloc(void *memory, size_t old_len, size_t len);
void *__wrap_ink_alloc(size_t len);
void *__wrap_ink_realloc(void *memory, size_t old_len, size_t len);
extern char __executable_start;

static void *visit(void *where, void *memory)
{
  size_t i = 0;
  while (i < n_sites && sites[i].where != where)
    i++;
  if (i == n_sites && n_sites < SITES_MAX)
    sites[n_sites++].where = where;
  if (i < SITES_MAX && !memory)
    sites[i].failed = true;
  return memory;
}

void *__wrap_ink_alloc(size_t len)
{
  return visit(__builtin_return_address(0), __real_ink_alloc(len));
}

void *__wrap_ink_realloc(void *memory, size_t old_len, size_t len)
{
  return visit(__builtin_return_address(0), __real_ink_realloc(memory, old_len, len));
}

static void tell_sites(void)
{
  for (size_t i = 0; i < n_sites; i++)
    printf("site 0x%zx %s\n", (size_t)((char *)sites[i].where - &__executable_start - 1),
           sites[i].failed ? "failed" : "never failed");
}
#else
static void tell_sites(void) {}
#endif

/* ---- files ---- */

typedef struct file {
  const char *name;
  uint8_t *bytes;
  size_t len;
} file;

enum { FILES_MAX = 16 };
static file files[FILES_MAX];
static size_t n_files;
static file checkpoint, picture;

static bool read_part(uint8_t **bytes, size_t *len)
{
  uint8_t head[4];
  if (fread(head, 1, 4, stdin) != 4)
    return false;
  *len = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
  *bytes = calloc(*len + 1, 1);
  return *bytes && fread(*bytes, 1, *len, stdin) == *len;
}

static void read_files(void)
{
  uint8_t *name;
  size_t name_len;
  while (n_files < FILES_MAX && read_part(&name, &name_len)) {
    file f = {.name = (char *)name};
    if (!read_part(&f.bytes, &f.len))
      exit(2);
    if (strstr(f.name, ".png"))
      picture = f;
    else
      files[n_files++] = f;
  }
}

/* ---- what the session can do ---- */

#define TRY(call)                                                                                  \
  do {                                                                                             \
    const int try_status = (call);                                                                 \
    if (try_status != INK_OK)                                                                      \
      return try_status;                                                                           \
  } while (0)

/* Where the caller writes the input after ink_api_input. */
static uint8_t *input_room(void)
{
  return (uint8_t *)(uintptr_t)ink_api_spans()[0].at;
}

/* The sentence of the last error. */
static const char *error_text(void)
{
  ink_api_error();
  return ink_api_spans()[0].at;
}

static int put(const void *bytes, size_t len)
{
  TRY(ink_api_input(len));
  memcpy(input_room(), bytes, len);
  return INK_OK;
}

static int put_text(const char *text)
{
  return put(text, strlen(text));
}

static int load_stream(const file *f)
{
  TRY(put_text(f->name));
  TRY(ink_api_load_stream());
  for (size_t at = 0, part; at < f->len; at += part) {
    part = ink_min_size(700, f->len - at);
    TRY(put(f->bytes + at, part));
    TRY(ink_api_load_push(part));
  }
  return ink_api_load_end();
}

static int load_streams(bool idx)
{
  TRY(ink_api_load_start());
  for (size_t i = 0; i < n_files; i++)
    if ((strstr(files[i].name, "idx") != NULL) == idx)
      TRY(load_stream(&files[i]));
  return ink_api_load_finish();
}

static int load(bool idx)
{
  const int status = load_streams(idx);
  if (status != INK_OK)
    ink_api_load_cancel();
  return status;
}

static int load_archive(void)
{
  return load(false);
}

static int load_idx(void)
{
  return load(true);
}

#define MODEL                                                                                      \
  "model=conv(4,5) bn relu residual(conv(4,3,pad=1) bn relu | ) maxpool(2) concatpool flatten "    \
  "dropout(0.2) linear(8) relu linear(8) relu "                                                    \
  "linear(classes)\nbatch=4\nepochs=2\noptimizer=adam\n"                                           \
  "augment=fastai\nlr=0.01"

static int describe(void)
{
  TRY(put_text(MODEL));
  return ink_api_describe();
}

static int train(void)
{
  TRY(put_text(MODEL));
  return ink_api_train();
}

static int go_on(void)
{
  TRY(put_text(MODEL));
  return ink_api_continue();
}

static int step(void)
{
  return ink_api_advance();
}

static int evaluate(void)
{
  return ink_api_evaluate();
}

static int evaluate_shifted(void)
{
  return ink_api_evaluate_shifted();
}

/* One more picture each time. */
static int hold_out(void)
{
  return ink_api_hold_out(1, 3);
}

static int find_rate(void)
{
  double done = 0;
  TRY(ink_api_find_begin(1e-5, 1, 6));
  while (done == 0) {
    TRY(ink_api_find_step());
    done = ink_api_numbers()[2];
  }
  return ink_api_find_end();
}

static int predict(void)
{
  static uint8_t rgba[40 * 30 * 4];
  for (size_t i = 0; i < sizeof rgba; i++)
    rgba[i] = i / 4 % 40 > 10 && i / 4 % 40 < 15 && i > 800 && i < 4000 && i % 4 != 3 ? 10 : 250;
  TRY(put(rgba, sizeof rgba));
  TRY(ink_api_read_digit(40, 30));
  TRY(ink_api_probabilities());
  return ink_api_spans()[1].len_bytes > 0 ? INK_OK : INK_E_STATE;
}

static int read_picture(int digit)
{
  TRY(put(picture.bytes, picture.len));
  return ink_api_read_png(picture.len, digit);
}

static int read_as_digit(void)
{
  return read_picture(1);
}

static int read_as_picture(void)
{
  return read_picture(0);
}

static int layers(void)
{
  TRY(ink_api_layers());
  return ink_api_spans()[0].len_bytes > 0 ? INK_OK : INK_E_STATE;
}

static int save(void)
{
  return ink_api_save(1);
}

static int restore(void)
{
  TRY(put(checkpoint.bytes, checkpoint.len));
  return ink_api_restore(checkpoint.len);
}

static int open_here(void)
{
  TRY(put(checkpoint.bytes, checkpoint.len));
  return ink_api_open(checkpoint.len, 1);
}

static int open_alone(void)
{
  TRY(put(checkpoint.bytes, checkpoint.len));
  return ink_api_open(checkpoint.len, 0);
}

static int train_with(void)
{
  const size_t settings = strlen(MODEL);
  TRY(ink_api_input(settings + 1 + checkpoint.len));
  uint8_t *input = input_room();
  memcpy(input, MODEL, settings + 1);
  memcpy(input + settings + 1, checkpoint.bytes, checkpoint.len);
  return ink_api_train_with(settings, checkpoint.len);
}

static int preview(void)
{
  TRY(put_text(MODEL));
  return ink_api_preview(3, 1);
}

static int top_losses(void)
{
  return ink_api_top_losses(3, -1, -1);
}

static int filters(void)
{
  return ink_api_filters();
}

/* One more picture each time, so the memory that is kept does not suffice. */
static int look(void)
{
  static const uint32_t indices[1000];
  static size_t n = 400;
  n++;
  TRY(put(indices, n * sizeof *indices));
  TRY(ink_api_predict(1, n));
  TRY(ink_api_features(1, n));
  TRY(ink_api_occlusion(0));
  TRY(ink_api_activations(0));
  return ink_api_spread(0);
}

static const struct op {
  const char *name;
  int (*run)(void);
} ops[] = {
    {"load an archive", load_archive},
    {"load IDX files", load_idx},
    {"load an archive again", load_archive},
    {"describe a model", describe},
    {"build a model", train},
    {"step", step},
    {"evaluate", evaluate},
    {"evaluate, shifted", evaluate_shifted},
    {"find a learning rate", find_rate},
    {"predict", predict},
    {"write the resolved layers", layers},
    {"read a PNG as a digit", read_as_digit},
    {"read a PNG", read_as_picture},
    {"save", save},
    {"restore", restore},
    {"go on", go_on},
    {"open here", open_here},
    {"train with weights", train_with},
    {"preview", preview},
    {"top losses", top_losses},
    {"filters", filters},
    {"look inside", look},
    {"hold out", hold_out},
    {"open alone", open_alone},
};

/* ---- what must not change ---- */

typedef struct state {
  size_t live, pictures, classes;
  uint32_t data;
  char weights[17];
} state;

static state look_around(void)
{
  ink_api_data();
  state s = {.live = ink_live_allocations(),
             .pictures = (size_t)ink_api_numbers()[1],
             .classes = (size_t)ink_api_numbers()[0]};
  for (size_t i = 0; i < s.pictures; i++) {
    ink_api_picture(0, i);
    s.data = ink_crc32(s.data, ink_api_spans()[0].at, INK_PIXELS);
  }
  ink_api_digest();
  memcpy(s.weights, ink_api_spans()[0].at, ink_api_spans()[0].len_bytes);
  return s;
}

static bool is_same(const state *a, const state *b)
{
  return a->pictures == b->pictures && a->classes == b->classes && a->data == b->data &&
         memcmp(a->weights, b->weights, sizeof a->weights) == 0;
}

/* One allocation fails; then the same call is repeated. */
static void fail_at(const struct op *op, size_t i, bool once)
{
  const char *how = once ? "once" : "from then on";
  const state before = look_around();
  ink_fail_allocation_after = (long)i;
  ink_fail_allocation_once = once;
  const int status = op->run();
  ink_fail_allocation_after = -1;
  const state after = look_around();
  CHECK(status == INK_E_MEMORY, "%s, allocation %zu, %s: status %d", op->name, i, how, status);
  CHECK(is_same(&before, &after), "%s, allocation %zu, %s: data or weights changed", op->name, i,
        how);
  /* Memory that is kept between calls may be gone, for example the last saved file. */
  CHECK(after.live <= before.live, "%s, allocation %zu, %s: %zu held before, %zu after", op->name,
        i, how, before.live, after.live);
  CHECK(op->run() == INK_OK, "%s, allocation %zu, %s: then again: %s", op->name, i, how,
        error_text());
  const state again = look_around();
  CHECK(again.live == before.live,
        "%s, allocation %zu, %s: %zu held before, %zu after the second try", op->name, i, how,
        before.live, again.live);
}

static size_t try_op(const struct op *op)
{
  CHECK(op->run() == INK_OK, "%s: %s", op->name, error_text());
  const size_t before = ink_total_allocations();
  CHECK(op->run() == INK_OK, "%s, again: %s", op->name, error_text());
  const size_t n = ink_total_allocations() - before;
  for (size_t i = 0; i < n; i++) {
    fail_at(op, i, true);
    fail_at(op, i, false);
  }
  printf("%s: %zu allocations\n", op->name, n);
  return n;
}

/* The memory of the input only grows: a call allocates only if it needs more. */
static void test_input(void)
{
  CHECK(ink_api_input(100) == INK_OK && ink_api_spans()[0].len_bytes == 100, "an input");
  ink_fail_allocation_after = 0;
  CHECK(ink_api_input((size_t)1 << 26) == INK_E_MEMORY, "no memory for a larger one");
  CHECK(ink_api_input(50) == INK_OK, "the smaller one is still there");
  ink_fail_allocation_after = -1;
}

int main(void)
{
  size_t injected = 0;
  read_files();
  test_input();
  for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
    injected += try_op(&ops[i]);
    if (ops[i].run == save) {
      TRY(ink_api_save(1));
      const ink_span saved = ink_api_spans()[0];
      checkpoint = (file){"checkpoint", malloc(saved.len_bytes), saved.len_bytes};
      memcpy(checkpoint.bytes, saved.at, checkpoint.len);
    }
  }
  tell_sites();
  printf("%zu allocations, each failed once and from then on\n", injected);
  return checks_end();
}
