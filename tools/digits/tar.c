/* tar.c - writes POSIX ustar archives that depend only on names and contents. */
#include "digits.h"

#include <string.h>

enum { BLOCK = 512 };

/* The fields of a header, at the offsets of POSIX (pax, "ustar Interchange Format"). */
typedef struct {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
  char type, link[100], magic[6], version[2], uname[32], gname[32], major[8], minor[8];
  char prefix[155], rest[12];
} header;

_Static_assert(sizeof(header) == BLOCK, "a ustar header is one block");

bool tar_entry(FILE *out, const char *name, const uint8_t *bytes, size_t len_bytes)
{
  const size_t len_name = strlen(name);
  const bool folder = name[len_name - 1] == '/';
  header h = {.type = folder ? '5' : '0', .magic = "ustar", .version = {'0', '0'}};

  snprintf(h.name, sizeof h.name, "%s",
           name); /* the names of this program are short and need no prefix */
  snprintf(h.mode, sizeof h.mode, "%07o", folder ? 0755u : 0644u);
  snprintf(h.uid, sizeof h.uid, "%07o", 0u);
  snprintf(h.gid, sizeof h.gid, "%07o", 0u);
  snprintf(h.size, sizeof h.size, "%011zo", len_bytes);
  snprintf(h.mtime, sizeof h.mtime, "%011o", 0u);
  snprintf(h.uname, sizeof h.uname, "root");
  snprintf(h.gname, sizeof h.gname, "root");

  unsigned sum = 0; /* sum of all bytes, with spaces for the checksum itself */
  memset(h.checksum, ' ', sizeof h.checksum);
  for (size_t i = 0; i < BLOCK; i++)
    sum += ((const unsigned char *)&h)[i];
  snprintf(h.checksum, sizeof h.checksum, "%06o",
           sum); /* followed by NUL and the space that is there already */

  static const uint8_t zeros[BLOCK];
  const size_t pad = (BLOCK - len_bytes % BLOCK) % BLOCK;
  return fwrite(&h, BLOCK, 1, out) == 1 && fwrite(bytes, 1, len_bytes, out) == len_bytes &&
         fwrite(zeros, 1, pad, out) == pad;
}

/* Two empty blocks end an archive. */
bool tar_end(FILE *out)
{
  static const uint8_t zeros[2 * BLOCK];
  return fwrite(zeros, sizeof zeros, 1, out) == 1 && fflush(out) == 0;
}
