/*
 * safetensors.c - reads the header of a safetensors file that anybody may have made.
 */
#include "safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct json {
  const char *text;
  size_t at, len;
  ink_error *err;
} json;

static ink_status fail(const json *j, const char *what)
{
  return ink_fail(j->err, INK_E_DATA, "safetensors: byte %zu of the header: %s", j->at, what);
}

static void skip_blanks(json *j)
{
  while (j->at < j->len && (j->text[j->at] == ' ' || j->text[j->at] == '\n' ||
                            j->text[j->at] == '\t' || j->text[j->at] == '\r'))
    j->at++;
}

static bool next_is(json *j, char c)
{
  skip_blanks(j);
  return j->at < j->len && j->text[j->at] == c;
}

static ink_status expect(json *j, char c)
{
  char what[] = "'?' was expected";
  what[1] = c;
  if (!next_is(j, c))
    return fail(j, what);
  j->at++;
  return INK_OK;
}

static int hex_digit(char c)
{
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* Reads the four digits of \uXXXX. */
static ink_status read_unit(json *j, uint32_t *unit)
{
  *unit = 0;
  for (int i = 0; i < 4; i++, j->at++) {
    const int digit = j->at < j->len ? hex_digit(j->text[j->at]) : -1;
    if (digit < 0)
      return fail(j, "\\u needs four hexadecimal digits");
    *unit = *unit * 16 + (uint32_t)digit;
  }
  return INK_OK;
}

static bool is_surrogate(uint32_t unit, uint32_t first)
{
  return unit >= first && unit < first + 0x400;
}

/* Reads the digits after \u: four, or two times four for a character above U+FFFF. */
static ink_status read_code(json *j, uint32_t *code)
{
  uint32_t low = 0;
  INK_TRY(read_unit(j, code));
  if (*code == 0)
    return fail(j, "the character U+0000, which no text here may have");
  if (is_surrogate(*code, 0xdc00))
    return fail(j, "the second half of a surrogate pair without the first");
  if (!is_surrogate(*code, 0xd800))
    return INK_OK;
  if (j->len - j->at >= 2 && j->text[j->at] == '\\' && j->text[j->at + 1] == 'u') {
    j->at += 2;
    INK_TRY(read_unit(j, &low));
  }
  if (!is_surrogate(low, 0xdc00))
    return fail(j, "the first half of a surrogate pair without the second");
  *code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
  return INK_OK;
}

static size_t write_utf8(uint32_t code, char out[4])
{
  const size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  static const uint8_t first[] = {0, 0, 0xc0, 0xe0, 0xf0};
  for (size_t i = n; i-- > 1; code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3f));
  out[0] = (char)(first[n] | code);
  return n;
}

/* Reads the escape after a backslash and writes it as UTF-8. */
static ink_status read_escape(json *j, char out[4], size_t *n)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char c = j->at < j->len ? j->text[j->at] : 0;
  const char *known = c ? strchr(from, c) : NULL;
  uint32_t code = 0;
  if (!known && c != 'u')
    return fail(j, "an escape that JSON does not have");
  j->at++;
  if (known)
    code = (uint8_t)to[known - from];
  else
    INK_TRY(read_code(j, &code));
  *n = write_utf8(code, out);
  return INK_OK;
}

/* Reads a string into `out` with a final 0, which *len does not count. */
static ink_status read_string(json *j, char *out, size_t size, size_t *len)
{
  INK_TRY(expect(j, '"'));
  const size_t start = j->at;
  size_t n = 0;
  for (;;) {
    if (j->at == j->len)
      return fail(j, "a text that does not end");
    char text[4] = {j->text[j->at++]};
    size_t more = 1;
    if (text[0] == '"')
      break;
    if ((uint8_t)text[0] < 0x20)
      return fail(j, "a control character in a text");
    if (text[0] == '\\')
      INK_TRY(read_escape(j, text, &more));
    if (n + more >= size)
      return fail(j, "a text that is too long");
    memcpy(out + n, text, more);
    n += more;
  }
  out[n] = 0;
  *len = n;
  if (ink_is_utf8(out, n))
    return INK_OK;
  j->at = start;
  return fail(j, "a text that is no UTF-8");
}

static ink_status read_size(json *j, size_t *value)
{
  skip_blanks(j);
  uint64_t n = 0;
  const size_t start = j->at;
  for (; j->at < j->len && j->text[j->at] >= '0' && j->text[j->at] <= '9'; j->at++) {
    n = n * 10 + (uint64_t)(j->text[j->at] - '0');
    if (n > INT32_MAX) /* 2 GB: the most that a 32-bit build can hold */
      return fail(j, "a number that is too large");
  }
  if (j->at == start)
    return fail(j, "a whole number was expected");
  *value = (size_t)n;
  return INK_OK;
}

/* Reads a list of at most `most` whole numbers. */
static ink_status read_sizes(json *j, size_t *values, size_t most, size_t *n)
{
  INK_TRY(expect(j, '['));
  *n = 0;
  while (!next_is(j, ']')) {
    if (*n > 0)
      INK_TRY(expect(j, ','));
    if (*n == most)
      return fail(j, "a list that is too long");
    INK_TRY(read_size(j, &values[(*n)++]));
  }
  j->at++;
  return INK_OK;
}

static ink_status read_tensor(json *j, ink_safe_tensor *t)
{
  bool type = false, shape = false, offsets = false;
  INK_TRY(expect(j, '{'));
  for (bool first = true; !next_is(j, '}'); first = false) {
    if (!first)
      INK_TRY(expect(j, ','));
    char key[16], text[16];
    size_t len, pair[2], n;
    INK_TRY(read_string(j, key, sizeof key, &len));
    INK_TRY(expect(j, ':'));
    if (strcmp(key, "dtype") == 0 && !type) {
      INK_TRY(read_string(j, text, sizeof text, &len));
      t->type = strcmp(text, "F32") == 0   ? INK_SAFE_F32
                : strcmp(text, "I64") == 0 ? INK_SAFE_I64
                                           : INK_SAFE_OTHER;
      type = true;
    } else if (strcmp(key, "shape") == 0 && !shape) {
      INK_TRY(read_sizes(j, t->dims, 4, &t->n_dims));
      shape = true;
    } else if (strcmp(key, "data_offsets") == 0 && !offsets) {
      INK_TRY(read_sizes(j, pair, 2, &n));
      if (n != 2)
        return fail(j, "data_offsets must have two numbers");
      t->start = pair[0];
      t->end = pair[1];
      offsets = true;
    } else {
      return fail(j, "a field that no tensor has, or has twice");
    }
  }
  j->at++;
  return type && shape && offsets ? INK_OK
                                  : fail(j, "a tensor without dtype, shape or data_offsets");
}

enum { METADATA_MAX = 1024 }; /* pairs */

static int by_pair_name(const void *a, const void *b)
{
  return strcmp(((const ink_safe_pair *)a)->name, ((const ink_safe_pair *)b)->name);
}

/* `file->texts` has room for the whole header, so the texts in it always fit. */
static ink_status read_metadata(json *j, ink_safe_file *file)
{
  char *to = file->texts;
  size_t len;
  INK_TRY(expect(j, '{'));
  for (; !next_is(j, '}'); file->n_metadata++) {
    if (file->n_metadata > 0)
      INK_TRY(expect(j, ','));
    if (file->n_metadata == METADATA_MAX)
      return fail(j, "too many metadata");
    ink_safe_pair *pair = &file->metadata[file->n_metadata];
    const char *end = file->texts + j->len;
    pair->name = to;
    INK_TRY(read_string(j, to, (size_t)(end - to), &len));
    to += len + 1;
    INK_TRY(expect(j, ':'));
    pair->value = to;
    INK_TRY(read_string(j, to, (size_t)(end - to), &len));
    to += len + 1;
  }
  qsort(file->metadata, file->n_metadata, sizeof *file->metadata, by_pair_name);
  for (size_t i = 1; i < file->n_metadata; i++)
    if (strcmp(file->metadata[i - 1].name, file->metadata[i].name) == 0)
      return fail(j, "metadata of the same name twice");
  j->at++;
  return INK_OK;
}

static ink_status read_entries(json *j, ink_safe_file *file, size_t capacity)
{
  bool metadata = false;
  INK_TRY(expect(j, '{'));
  for (bool first = true; !next_is(j, '}'); first = false) {
    if (!first)
      INK_TRY(expect(j, ','));
    ink_safe_tensor t = {0};
    size_t len;
    INK_TRY(read_string(j, t.name, sizeof t.name, &len));
    if (len == 0)
      return fail(j, "a tensor without a name");
    INK_TRY(expect(j, ':'));
    if (strcmp(t.name, "__metadata__") == 0) {
      if (metadata)
        return fail(j, "metadata twice");
      INK_TRY(read_metadata(j, file));
      metadata = true;
    } else {
      INK_TRY(read_tensor(j, &t));
      if (file->n == capacity)
        return fail(j, "too many tensors");
      file->tensors[file->n++] = t;
    }
  }
  j->at++;
  skip_blanks(j);
  return j->at == j->len ? INK_OK : fail(j, "more than one value");
}

/* ---- does the data hold what the header claims? ---- */

static int by_name(const void *a, const void *b)
{
  return strcmp(((const ink_safe_tensor *)a)->name, ((const ink_safe_tensor *)b)->name);
}

/* Two tensors can begin at the same byte if one of them is empty; the empty one comes first. */
static int by_start(const void *a, const void *b)
{
  const ink_safe_tensor *x = a, *y = b;
  return x->start != y->start ? (x->start < y->start ? -1 : 1)
         : x->end != y->end   ? (x->end < y->end ? -1 : 1)
                              : strcmp(x->name, y->name);
}

static ink_status check_values(const ink_safe_file *file, const ink_safe_tensor *t, ink_error *err)
{
  for (size_t i = t->start; t->type == INK_SAFE_F32 && i < t->end; i += sizeof(float)) {
    float value;
    memcpy(&value, file->data + i, sizeof value);
    if (!isfinite(value))
      return ink_fail(err, INK_E_DATA, "safetensors: %s: value %zu is not a finite number", t->name,
                      (i - t->start) / sizeof(float));
  }
  return INK_OK;
}

static ink_status check_tensor(const ink_safe_file *file, const ink_safe_tensor *t, size_t start,
                               ink_error *err)
{
  const size_t size = t->type == INK_SAFE_I64 ? 8 : 4;
  size_t count = 1;
  for (size_t i = 0; i < t->n_dims; i++) {
    if (t->dims[i] && count > (size_t)INT32_MAX / 8 / t->dims[i])
      return ink_fail(err, INK_E_DATA, "safetensors: %s: its shape is too large", t->name);
    count *= t->dims[i];
  }
  if (t->type == INK_SAFE_OTHER)
    return ink_fail(err, INK_E_DATA, "safetensors: %s: only F32, and I64 for counters, are read",
                    t->name);
  if (t->start != start || t->end < t->start || t->end > file->data_len)
    return ink_fail(
        err, INK_E_DATA,
        "safetensors: %s: bytes %zu to %zu; it should begin at %zu, and %zu bytes are there",
        t->name, t->start, t->end, start, file->data_len);
  if (t->end - t->start != count * size)
    return ink_fail(err, INK_E_DATA, "safetensors: %s: its shape needs %zu bytes, it has %zu",
                    t->name, count * size, t->end - t->start);
  return check_values(file, t, err);
}

static ink_status check_all(ink_safe_file *file, ink_error *err)
{
  size_t at = 0;
  qsort(file->tensors, file->n, sizeof *file->tensors, by_name);
  for (size_t i = 1; i < file->n; i++)
    if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
      return ink_fail(err, INK_E_DATA, "safetensors: %s stands there twice", file->tensors[i].name);
  qsort(file->tensors, file->n, sizeof *file->tensors, by_start);
  for (size_t i = 0; i < file->n; i++) {
    INK_TRY(check_tensor(file, &file->tensors[i], at, err));
    at = file->tensors[i].end;
  }
  qsort(file->tensors, file->n, sizeof *file->tensors,
        by_name); /* ink_safe_find searches by halves */
  return at == file->data_len
             ? INK_OK
             : ink_fail(err, INK_E_DATA, "safetensors: %zu bytes belong to no tensor",
                        file->data_len - at);
}

/* {"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},...}: no entry is shorter. */
enum { SHORTEST_ENTRY = 52 };

static ink_status read(ink_safe_file *file, const uint8_t *bytes, size_t len, ink_error *err)
{
  uint64_t header = 0;
  if (len < 8)
    return ink_fail(err, INK_E_DATA, "not a safetensors file: it has %zu bytes", len);
  for (int i = 7; i >= 0; i--)
    header = header << 8 | bytes[i];
  if (header > INK_SAFE_HEADER_MAX || header > len - 8)
    return ink_fail(err, INK_E_DATA,
                    "not a safetensors file, or cut short: a header of %llu bytes in a file of %zu",
                    (unsigned long long)header, len);
  const size_t capacity = ink_min_size((size_t)header / SHORTEST_ENTRY + 1, INK_SAFE_TENSORS_MAX);
  file->tensors = ink_alloc(capacity * sizeof *file->tensors);
  file->metadata = ink_alloc(METADATA_MAX * sizeof *file->metadata);
  file->texts = ink_alloc((size_t)header);
  if (!file->tensors || !file->metadata || !file->texts)
    return ink_fail(err, INK_E_MEMORY, "not enough memory to read a checkpoint");
  file->data = bytes + 8 + header;
  file->data_len = len - 8 - (size_t)header;
  json j = {(const char *)bytes + 8, 0, (size_t)header, err};
  INK_TRY(read_entries(&j, file, capacity));
  return check_all(file, err);
}

ink_status ink_safe_read(ink_safe_file *file, const uint8_t *bytes, size_t len, ink_error *err)
{
  *file = (ink_safe_file){0};
  const ink_status status = read(file, bytes, len, err);
  if (status != INK_OK)
    ink_safe_release(file);
  return status;
}

void ink_safe_release(ink_safe_file *file)
{
  ink_free(file->tensors);
  ink_free(file->metadata);
  ink_free(file->texts);
  *file = (ink_safe_file){0};
}

ink_safe_tensor *ink_safe_find(const ink_safe_file *file, const char *name)
{
  ink_safe_tensor key = {0};
  const size_t len = strlen(name);
  if (len >= sizeof key.name)
    return NULL;
  memcpy(key.name, name, len);
  return bsearch(&key, file->tensors, file->n, sizeof *file->tensors, by_name);
}

const char *ink_safe_metadata(const ink_safe_file *file, const char *name)
{
  const ink_safe_pair key = {name, NULL};
  const ink_safe_pair *found =
      bsearch(&key, file->metadata, file->n_metadata, sizeof *file->metadata, by_pair_name);
  return found ? found->value : NULL;
}
