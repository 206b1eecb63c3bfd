/*
 * probe.c - single operations of the core for the goldens' runner: natively a program that answers
 * requests on its standard input, in WebAssembly three functions. A message is a list of fields:
 *
 *   u32 number of fields, then for each: name[40], u32 type, u32 number of elements, the elements,
 *   padded to 4 bytes; all little-endian
 *
 * The native program reads and writes u32 lengths before each message.
 */
#include "ink_data.h"
#include "ink_learner.h"
#include "probe.h"

const ink_kernels *kernels;

static const struct {
  const char *name;
  void (*run)(void);
} operations[] = {
    {"affine_grid", op_affine_grid},
    {"grid_sample", op_grid_sample},
    {"resize_bilinear", op_resize_bilinear},
    {"lighting", op_lighting},
    {"model", op_model},
    {"train", op_train},
    {"cross_entropy", op_cross_entropy},
    {"optimizer", op_optimizer},
    {"one_cycle", op_one_cycle},
    {"lr_find", op_lr_find},
    {"confusion", op_confusion},
    {"top_losses", op_top_losses},
    {"smooth_loss", op_smooth_loss},
    {"u8_to_float", op_u8_to_float},
    {"pil_resize_bilinear", op_pil_resize},
};

static void serve(const uint8_t *bytes, size_t len)
{
  start_response();
  if (!parse(bytes, len)) {
    probe_refuse("the request cannot be read");
    return;
  }
  if (!probe_text("op") || !probe_text("variant")) {
    probe_refuse("the request names no operation or no variant");
    return;
  }
  kernels = ink_kernels_named(probe_text("variant"));
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
    if (kernels && strcmp(operations[i].name, probe_text("op")) == 0) {
      operations[i].run();
      return;
    }
  probe_refuse("no such operation or kernels: %s, %s", probe_text("op"), probe_text("variant"));
}

#if defined(__wasm__)
#define EXPORT(name) __attribute__((export_name(#name)))
EXPORT(probe_alloc) uint8_t *probe_alloc(size_t len);
EXPORT(probe_run) const uint8_t *probe_run(const uint8_t *bytes, size_t len);
EXPORT(probe_length) size_t probe_length(void);

uint8_t *probe_alloc(size_t len)
{
  static uint8_t *memory;
  return memory = realloc(memory, len);
}
const uint8_t *probe_run(const uint8_t *bytes, size_t len)
{
  serve(bytes, len);
  return response;
}
size_t probe_length(void)
{
  return response_len;
}
#else
int main(void)
{
  uint32_t len;
  while (fread(&len, 4, 1, stdin) == 1) {
    uint8_t *bytes = malloc(len);
    if (fread(bytes, 1, len, stdin) != len)
      return 2;
    serve(bytes, len);
    free(bytes);
    const uint32_t out = (uint32_t)response_len;
    fwrite(&out, 4, 1, stdout);
    fwrite(response, 1, response_len, stdout);
  }
  free(response);
  return ink_live_allocations() != 0;
}
#endif
