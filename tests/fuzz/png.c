/* png.c - fuzz target: the PNG walker and decoder. */
#include "ink_data.h"
#include "target.h"

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  ink_png png;
  INK_TRY(ink_png_read(&png, bytes, len, err));
  PROMISE(png.width >= 1 && png.width <= INK_IMAGE_SIDE_MAX);
  PROMISE(png.height >= 1 && png.height <= INK_IMAGE_SIDE_MAX);
  const size_t pixels = png.width * png.height, memory = ink_png_memory(&png);
  PROMISE(memory <= 8 * pixels + 2 * png.height + 16 * (size_t)8 + 4096 * (size_t)8 + len);
  /* Two blocks of exactly the sizes that were promised to be enough. */
  uint8_t *grey = ink_alloc(pixels), *work = ink_alloc(memory);
  ink_status status = INK_E_MEMORY;
  if (grey && work)
    status = ink_png_decode(&png, work, grey, err);
  else
    ink_fail(err, status, "not enough memory");
  if (status == INK_OK) {
    *digest = digest_number(digest_number(0, png.width), png.height);
    *digest = ink_crc32(*digest, grey, pixels);
  }
  ink_free(grey);
  ink_free(work);
  return status;
}
