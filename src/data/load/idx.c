/*
 * idx.c - reads headers of IDX files (http://yann.lecun.com/exdb/mnist, "the IDX file format"):
 *
 *   0  0  type  dimensions  size of each dimension (4 bytes, big endian)
 *
 * Example, 60,000 images of 28 x 28 bytes:  00 00 08 03  00 00 ea 60  00 00 00 1c  00 00 00 1c
 */
#include "idx.h"

enum { UNSIGNED_BYTE = 0x08, SIGNED_BYTE, INT16 = 0x0b, INT32, FLOAT32, FLOAT64 };

bool ink_idx_is_idx(const uint8_t *bytes, size_t len)
{
  return len >= 4 && bytes[0] == 0 && bytes[1] == 0 &&
         (bytes[2] == UNSIGNED_BYTE || bytes[2] == SIGNED_BYTE ||
          (bytes[2] >= INT16 && bytes[2] <= FLOAT64));
}

static size_t read_size(const uint8_t *p)
{
  return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

ink_status ink_idx_read(const uint8_t *bytes, size_t len, ink_idx *idx, ink_error *err)
{
  const size_t dimensions = bytes[3];
  if (bytes[2] != UNSIGNED_BYTE)
    return ink_fail(err, INK_E_DATA,
                    "IDX: values of type 0x%02x; only unsigned bytes, 0x08, are read", bytes[2]);
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
  const uint64_t data = (uint64_t)idx->count * idx->height * idx->width; /* below 2^46 */
  if (data > INT32_MAX - INK_IDX_HEAD) /* a 32-bit build cannot hold more */
    return ink_fail(err, INK_E_DATA,
                    "IDX: %zu pictures of %zu x %zu are too many: 2 GB are the limit", idx->count,
                    idx->width, idx->height);
  idx->file_bytes = idx->head_bytes + (size_t)data;
  return INK_OK;
}
