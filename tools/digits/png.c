/* png.c - the only file that includes stb_image_write, set up for small files. */
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes" /* its encoder to memory is not declared */
#include <stb_image_write.h>
#pragma GCC diagnostic pop

#include "digits.h"

uint8_t *png_encode(const uint8_t picture[SIDE][SIDE], size_t *len_bytes)
{
  /*
   * Rows are stored without filters: in pictures that are mostly black with saturated ink, filters
   * only blur the repetitions that deflate uses. The level is the number of candidates of the match
   * search; more than 784 bytes can hold costs no time.
   */
  stbi_write_force_png_filter = 0;
  stbi_write_png_compression_level = 64;

  int len = 0;
  uint8_t *png = stbi_write_png_to_mem(picture[0], SIDE, SIDE, SIDE, 1, &len);
  *len_bytes = png ? (size_t)len : 0;
  return png;
}
