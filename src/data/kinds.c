/*
 * kinds.c - the first bytes of files that people take for pictures, or give by mistake.
 */
#include "kinds.h"

#include <string.h>

typedef struct kind {
  size_t at; /* where its bytes are */
  const char *bytes;
  size_t len;
  const char *what; /* its name after an article */
  const char *advice;
} kind;

#define BYTES(text) (text), sizeof(text) - 1
#define AS_PNG "save it as PNG"

static const kind KINDS[] = {
    {0, BYTES("\x89PNG\r\n\x1a\n"), "a PNG", NULL},
    {0, BYTES("\xff\xd8\xff"), "a JPEG", AS_PNG},
    {0, BYTES("GIF8"), "a GIF", AS_PNG},
    {8, BYTES("WEBP"), "a WebP", AS_PNG},
    {0, BYTES("II*\0"), "a TIFF", AS_PNG},
    {0, BYTES("MM\0*"), "a TIFF", AS_PNG},
    {4, BYTES("ftypavi"), "an AVIF", AS_PNG},
    {4, BYTES("ftyphei"), "a HEIC", AS_PNG},
    {4, BYTES("ftyphev"), "a HEIC", AS_PNG},
    {4, BYTES("ftypmif1"), "a HEIC", AS_PNG},
    {4, BYTES("ftypmsf1"), "a HEIC", AS_PNG},
    {0, BYTES("\xff\x0a"), "a JPEG XL", AS_PNG},
    {4, BYTES("JXL \r\n"), "a JPEG XL", AS_PNG},
    {4, BYTES("jP  \r\n"), "a JPEG 2000", AS_PNG},
    {0, BYTES("8BPS"), "a PSD", AS_PNG},
    {0, BYTES("\0\0\1\0"), "an ICO", AS_PNG},
    {0, BYTES("BM"), "a BMP", AS_PNG},
    {4, BYTES("ftyp"), "an MP4", "save one of its pictures as PNG"},
    {0, BYTES("%PDF"), "a PDF", "save its page as PNG"},
    {0, BYTES("<svg"), "an SVG", "export it as PNG"},
    {0, BYTES("<"), "an XML or HTML", "a drawing has to be exported as PNG"},
    {0, BYTES("PK\3\4"), "a ZIP", "unpack it"},
    {0, BYTES("\x1f\x8b"), "a gzip", "unpack it"},
};

static const kind *find_kind(const uint8_t *bytes, size_t len)
{
  for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
    const kind *k = &KINDS[i];
    if (len >= k->at + k->len && memcmp(bytes + k->at, k->bytes, k->len) == 0)
      return k;
  }
  return NULL;
}

const char *ink_file_kind(const uint8_t *bytes, size_t len)
{
  const kind *k = find_kind(bytes, len);
  return k ? strchr(k->what, ' ') + 1 : "";
}

ink_status ink_not_a_png(const uint8_t *bytes, size_t len, ink_error *err)
{
  const kind *k = find_kind(bytes, len);
  if (k)
    return ink_fail(err, INK_E_DATA, "it is %s, not a PNG: %s", k->what, k->advice);
  return ink_fail(err, INK_E_DATA, len ? "not a PNG" : "an empty file");
}
