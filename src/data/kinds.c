/* kinds.c - a table of file kinds other than PNG that people may give, with their first bytes. */
#include "kinds.h"

#include <string.h>

typedef struct kind {
  size_t at; /* offset of its bytes */
  const char *bytes;
  size_t len;
  const char *what; /* its name after an article */
  const char *advice;
} kind;

#define BYTES(text) (text), sizeof(text) - 1
#define AS_PNG      "save it as PNG"
#define UNPACK      "unpack it and use the folder"
#define CONVERT     "write its pictures as PNG files in folders, as IDX or as .npz"

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
    {0,
     BYTES("\xfd"
           "7zXZ"),
     "an xz archive", UNPACK},
    {0, BYTES("BZh"), "a bzip2 archive", UNPACK},
    {0, BYTES("\x28\xb5\x2f\xfd"), "a Zstandard archive", UNPACK},
    {0, BYTES("\x04\x22\x4d\x18"), "an LZ4 archive", UNPACK},
    {0, BYTES("LZIP"), "an lzip archive", UNPACK},
    {0, BYTES("\x1f\x9d"), "a compress archive (.Z)", UNPACK},
    {0, BYTES("7z\xbc\xaf\x27\x1c"), "a 7-Zip archive", UNPACK},
    {0, BYTES("Rar!\x1a\x07"), "a RAR archive", UNPACK},
    {0, BYTES("\x93NUMPY"), "an array of NumPy",
     "numpy.savez('set.npz', x_train=..., y_train=..., x_test=..., y_test=...) makes what is read"},
    {0, BYTES("MATLAB "), "a MATLAB file", CONVERT},
    {0, BYTES("\x89HDF\r\n\x1a\n"), "an HDF5 file", CONVERT},
    {0, BYTES("PAR1"), "a Parquet file", CONVERT},
    {0, BYTES("ARROW1"), "an Arrow file", CONVERT},
    {0, BYTES("SQLite format 3"), "an SQLite database", CONVERT},
    {0, BYTES("\x80\2"), "a Python pickle", CONVERT},
    {0, BYTES("\x80\3"), "a Python pickle", CONVERT},
    {0, BYTES("\x80\4"), "a Python pickle", CONVERT},
    {0, BYTES("\x80\5"), "a Python pickle", CONVERT},
};

/* File name endings of kinds that have no typical bytes. */
static const struct {
  const char *end, *what;
} NAMES[] = {
    {".csv", "a table of text (CSV)"},   {".tsv", "a table of text (TSV)"},
    {".arff", "a table of text (ARFF)"}, {".pkl", "a Python pickle"},
    {".pickle", "a Python pickle"},      {".mat", "a MATLAB file"},
    {".tfrecord", "a TFRecord file"},
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

static bool ends_with(const char *text, size_t len, const char *end)
{
  const size_t end_len = strlen(end);
  for (size_t i = 0; i < end_len && end_len <= len; i++) {
    const char c = text[len - end_len + i];
    if ((c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c) != end[i])
      return false;
  }
  return end_len <= len;
}

bool ink_is_other_file(const char *path, const uint8_t *bytes, size_t len, ink_error *why)
{
  const kind *k = find_kind(bytes, len);
  if (k == &KINDS[0])
    return false;
  if (k) {
    ink_not_a_png(bytes, len, why);
    return true;
  }
  size_t path_len = strlen(path);
  if (ends_with(path, path_len, ".gz"))
    path_len -= 3;
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
    if (ends_with(path, path_len, NAMES[i].end)) {
      ink_fail(why, INK_E_DATA, "it is %s, not a PNG: " CONVERT, NAMES[i].what);
      return true;
    }
  return false;
}
