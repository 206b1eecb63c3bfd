/*
 * api_picture.c - exported: pictures in PNG files: decoded, read as a person's digit, or read as a
 * data set's.
 */
#include "api_session.h"

typedef struct decoded {
  uint8_t *pixels; /* at the beginning of a block of memory */
  size_t width, height;
} decoded;

/* Decodes to grey, or to colours as a viewer shows them. On success the caller frees the pixels. */
static ink_status decode(decoded *picture, const uint8_t *bytes, size_t len, bool colours,
                         ink_error *err)
{
  ink_png png;
  INK_TRY(ink_png_read(&png, bytes, len, err));
  const size_t taken = png.width * png.height * (colours ? 4 : 1);
  uint8_t *memory = ink_alloc(taken + ink_png_memory(&png));
  if (!memory)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to decode a picture of %zu x %zu",
                    png.width, png.height);
  const ink_status status = colours ? ink_png_decode_colours(&png, memory + taken, memory, err)
                                    : ink_png_decode(&png, memory + taken, memory, err);
  if (status != INK_OK) {
    ink_free(memory);
    return status;
  }
  const bool turned = colours && ink_png_is_turned(&png);
  *picture = (decoded){.pixels = memory,
                       .width = turned ? png.height : png.width,
                       .height = turned ? png.width : png.height};
  return INK_OK;
}

ink_status ink_api_read_png(size_t len_bytes, int digit)
{
  ink_error *err = &ink_session.error;
  decoded p;
  INK_TRY(ink_session_check_input(len_bytes));
  INK_TRY(decode(&p, ink_session.input, len_bytes, digit != 0, err));
  const ink_status status =
      digit ? ink_digit_prepare(p.pixels, p.width, p.height, ink_session.digit, err)
            : ink_fit_to_square(p.pixels, p.width, p.height, ink_session.digit, err);
  ink_free(p.pixels);
  return status;
}

/* Shrinks the picture in place: each pixel becomes the mean of `step` x `step` pixels. */
static void shrink(decoded *picture, size_t step)
{
  const size_t width = picture->width / step, height = picture->height / step;
  const uint8_t *in = picture->pixels;
  uint8_t *out = picture->pixels;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++)
      for (size_t s = 0; s < 4; s++) {
        size_t sum = 0;
        for (size_t v = y * step; v < (y + 1) * step; v++)
          for (size_t u = x * step; u < (x + 1) * step; u++)
            sum += in[4 * (v * picture->width + u) + s];
        *out++ = (uint8_t)((sum + step * step / 2) / (step * step));
      }
  picture->width = width;
  picture->height = height;
}

ink_status ink_api_decode_png(size_t len_bytes, size_t most)
{
  ink_api_forget_decoded();
  INK_TRY(ink_session_check_input(len_bytes));
  if (most == 0)
    return ink_fail(&ink_session.error, INK_E_ARGUMENT,
                    "a picture has at least one pixel along a side");
  decoded p;
  INK_TRY(decode(&p, ink_session.input, len_bytes, true, &ink_session.error));
  const size_t longer = p.width > p.height ? p.width : p.height, step = ink_ceil_div(longer, most);
  if (step > 1 && step <= p.width && step <= p.height)
    shrink(&p, step);
  ink_session.decoded = p.pixels;
  ink_give_span(0, p.pixels, p.width * p.height * 4);
  ink_give_number(0, (double)p.width);
  ink_give_number(1, (double)p.height);
  return INK_OK;
}

ink_status ink_api_forget_decoded(void)
{
  ink_free(ink_session.decoded);
  ink_session.decoded = NULL;
  return INK_OK;
}

ink_status ink_api_kind(size_t len_bytes)
{
  INK_TRY(ink_session_check_input(len_bytes));
  ink_give_text(0, ink_file_kind(ink_session.input, len_bytes));
  return INK_OK;
}
