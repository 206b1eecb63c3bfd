/*
 * idx.c - headers of IDX files: 0, 0, type, dimensions, then one big-endian size each
 * (http://yann.lecun.com/exdb/mnist, "the IDX file format").
 */
#include "idx.h"

enum { UNSIGNED_BYTE = 8 };

bool ink_idx_is_idx(const uint8_t *bytes, size_t len)
{
  return len >= 4 && bytes[0] == 0 && bytes[1] == 0 && bytes[2] == UNSIGNED_BYTE && bytes[3] >= 1 &&
         bytes[3] <= 4;
}

static size_t read_size(const uint8_t *p)
{
  return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

ink_status ink_idx_read(const uint8_t *bytes, size_t len, ink_idx *idx, ink_error *err)
{
  const size_t dimensions = bytes[3];
  *idx = (ink_idx){.images = dimensions == 3, .height = 1, .width = 1};
  if (dimensions != 1 && dimensions != 3)
    return ink_fail(err, INK_E_DATA, "IDX: %zu dimensions; labels have 1 and images 3", dimensions);
  idx->head_bytes = 4 + 4 * dimensions;
  if (len < idx->head_bytes)
    return ink_fail(err, INK_E_DATA, "IDX: cut short in the header, at byte %zu", len);
  idx->count = read_size(bytes + 4);
  if (idx->images) {
    idx->height = read_size(bytes + 8);
    idx->width = read_size(bytes + 12);
  }
  if (idx->count == 0 || idx->count > INK_ITEMS_MAX)
    return ink_fail(err, INK_E_DATA, "IDX: it claims %zu items; from 1 to %d are read", idx->count,
                    INK_ITEMS_MAX);
  if (idx->height == 0 || idx->width == 0 || idx->height > INK_IMAGE_SIDE_MAX ||
      idx->width > INK_IMAGE_SIDE_MAX)
    return ink_fail(err, INK_E_DATA, "IDX: pictures of %zu x %zu; sides from 1 to %d are read",
                    idx->width, idx->height, INK_IMAGE_SIDE_MAX);
  if (idx->count > (SIZE_MAX / 2) / (idx->height * idx->width))
    return ink_fail(err, INK_E_DATA, "IDX: %zu pictures of %zu x %zu are too many", idx->count,
                    idx->width, idx->height);
  idx->file_bytes = idx->head_bytes + idx->count * idx->height * idx->width;
  return INK_OK;
}
