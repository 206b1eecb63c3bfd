/*
 * tar.c - fuzz target: an archive, whole and cut into pieces, which must not make a difference; and
 * again with corrected checksums in all blocks that look like headers, since otherwise most changes
 * are refused there.
 */
#include "../../src/data/load/tar.h"
#include "target.h"

#include <string.h>

typedef struct seen {
  uint32_t digest;
  uint64_t bytes;
} seen;

static ink_status take(void *context, const char *path, const uint8_t *bytes, size_t len,
                       ink_error *err)
{
  seen *s = context;
  (void)err;
  PROMISE(strlen(path) < INK_PATH_MAX && len <= INK_FILE_MAX);
  s->digest = ink_crc32(s->digest, (const uint8_t *)path, strlen(path) + 1);
  s->digest = ink_crc32(digest_number(s->digest, len), bytes, len);
  s->bytes += len;
  return INK_OK;
}

static ink_status skip(void *context, const char *path, const char *reason, ink_error *err)
{
  (void)context, (void)err;
  PROMISE(strlen(path) < INK_PATH_MAX && reason[0]);
  return INK_OK;
}

static ink_status link_to(void *context, const char *path, const char *target, ink_error *err)
{
  (void)context, (void)err;
  PROMISE(path[0] && strlen(path) < INK_PATH_MAX && target[0] && strlen(target) < INK_PATH_MAX);
  return INK_OK;
}

/* Pushes in pieces of 1 to `most` bytes; 0: whole. */
static ink_status unpack(const uint8_t *bytes, size_t len, size_t most, uint32_t *digest,
                         ink_error *err)
{
  seen s = {0};
  ink_tar *tar = calloc(1, sizeof *tar);
  PROMISE(tar);
  tar->user = (ink_tar_callbacks){&s, take, skip};
  tar->link = link_to;
  ink_status status = INK_OK;
  uint32_t random = 1;
  for (size_t at = 0, part; status == INK_OK && at < len; at += part) {
    random = random * 1103515245u + 12345u;
    part = most ? ink_min_size(1 + (random >> 16) % most, len - at) : len;
    status = ink_tar_push(tar, bytes + at, part, err);
  }
  if (status == INK_OK)
    status = ink_tar_end(tar, err);
  PROMISE(s.bytes <= len);
  ink_tar_release(tar);
  free(tar);
  *digest = s.digest;
  return status;
}

static ink_status try_archive(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  const ink_status status = unpack(bytes, len, 0, digest, err);
  ink_error other = {0};
  uint32_t same;
  PROMISE(unpack(bytes, len, len % 2 ? 90 : 700, &same, &other) == status);
  PROMISE(status == INK_E_MEMORY ||
          (same == *digest && (status == INK_OK || strcmp(other.text, err->text) == 0)));
  return status;
}

static void seal(uint8_t *bytes, size_t len)
{
  for (size_t at = 0; at + INK_TAR_BLOCK <= len; at += INK_TAR_BLOCK) {
    uint8_t *head = bytes + at;
    if (memcmp(head + 257, "ustar", 5) != 0)
      continue;
    unsigned sum = 0;
    memset(head + 148, ' ', 8);
    for (size_t i = 0; i < INK_TAR_BLOCK; i++)
      sum += head[i];
    for (size_t i = 6; i-- > 0; sum >>= 3)
      head[148 + i] = (uint8_t)('0' + (sum & 7));
  }
}

ink_status target(const uint8_t *bytes, size_t len, uint32_t *digest, ink_error *err)
{
  uint8_t *sealed = malloc(len ? len : 1);
  ink_error ignored;
  PROMISE(sealed);
  memcpy(sealed, bytes, len);
  seal(sealed, len);
  if (memcmp(sealed, bytes, len) != 0)
    try_archive(sealed, len, digest, &ignored);
  free(sealed);
  *digest = 0;
  return try_archive(bytes, len, digest, err);
}
