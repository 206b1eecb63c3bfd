/*
 * tar.c - see tar.h. A file that lies whole in one push is passed on without a copy; only a file
 * that is cut by a push is collected.
 */
#include "tar.h"

#include <stdio.h>
#include <string.h>

/* Fields of a header: offset and length (POSIX.1-1988). */
enum {
  NAME = 0,
  NAME_LEN = 100,
  SIZE = 124,
  SIZE_LEN = 12,
  CHECKSUM = 148,
  CHECKSUM_LEN = 8,
  TYPE = 156,
  LINK = 157,
  LINK_LEN = 100,
  MAGIC = 257,
  PREFIX = 345,
  PREFIX_LEN = 155
};

/*
 * Bytes of an extended header: names, times, and resource forks of macOS, such as icons of many
 * kilobytes.
 */
enum { EXTENDED_MAX = 1 << 20 };

/* One entry for each picture, and as many again for folders and other files. */
static const uint64_t ENTRIES_MAX = 2 * (uint64_t)INK_ITEMS_MAX;

/* ---- numbers ---- */

/*
 * Reads an octal number with blanks around it, or GNU's base 256. Returns false if it is neither.
 */
static bool read_number(const uint8_t *field, size_t len, uint64_t *value)
{
  *value = 0;
  if (field[0] & 0x80) {
    if (field[0] != 0x80) /* negative, or above 2^88 */
      return false;
    for (size_t i = 1; i < len; i++) {
      if (*value >> 52)
        return false;
      *value = *value << 8 | field[i];
    }
    return *value >> 53 == 0;
  }
  size_t i = 0;
  while (i < len && field[i] == ' ')
    i++;
  const size_t digits = i;
  for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
    *value = *value << 3 | (uint64_t)(field[i] - '0');
  if (i == digits)
    return false;
  for (; i < len; i++)
    if (field[i] != ' ' && field[i] != 0)
      return false;
  return true; /* 12 octal digits are 36 bits */
}

static bool is_zero(const uint8_t *block)
{
  for (size_t i = 0; i < INK_TAR_BLOCK; i++)
    if (block[i])
      return false;
  return true;
}

/*
 * Returns whether the checksum of a header is right: the sum of its bytes, with blanks in place of
 * the checksum. Old writers added signed bytes, so each byte >= 128 counts 256 less. One loop
 * without branches computes both sums, so that compilers vectorise it: an archive has a header for
 * each picture.
 */
static bool is_checksum_right(const uint8_t *block)
{
  uint64_t claimed;
  if (!read_number(block + CHECKSUM, CHECKSUM_LEN, &claimed))
    return false;
  uint8_t copy[INK_TAR_BLOCK];
  memcpy(copy, block, sizeof copy);
  memset(copy + CHECKSUM, ' ', CHECKSUM_LEN);
  uint32_t sum = 0, high = 0;
  for (size_t i = 0; i < sizeof copy; i++) {
    sum += copy[i];
    high += copy[i] >> 7;
  }
  return claimed == sum || (int64_t)claimed == (int64_t)sum - 256 * (int64_t)high;
}

bool ink_tar_is_header(const uint8_t block[INK_TAR_BLOCK])
{
  return is_zero(block) || is_checksum_right(block);
}

/* ---- entries ---- */

static size_t field_length(const uint8_t *field, size_t max)
{
  size_t len = 0;
  while (len < max && field[len])
    len++;
  return len;
}

/* Sets the path from the header, unless a long name came before. */
static void set_path(ink_tar *tar)
{
  if (tar->next_path.from != INK_TAR_FROM_HEADER) {
    memcpy(tar->path, tar->next_path.text, sizeof tar->path);
    return;
  }
  const uint8_t *head = tar->head;
  size_t len = 0;
  /* GNU's own format, "ustar  ", has other fields in place of POSIX's prefix. */
  if (memcmp(head + MAGIC, "ustar\0", 6) == 0 && head[PREFIX]) {
    len = field_length(head + PREFIX, PREFIX_LEN);
    memcpy(tar->path, head + PREFIX, len);
    tar->path[len++] = '/';
  }
  const size_t name_len = field_length(head + NAME, NAME_LEN);
  memcpy(tar->path + len, head + NAME, name_len);
  tar->path[len + name_len] = 0;
}

/* Sets next_link to the path of the file that a hard link points to. */
static void set_link(ink_tar *tar)
{
  if (tar->next_link.from != INK_TAR_FROM_HEADER)
    return;
  const size_t len = field_length(tar->head + LINK, LINK_LEN);
  memcpy(tar->next_link.text, tar->head + LINK, len);
  tar->next_link.text[len] = 0;
}

/* Returns the kind of an entry. An unknown letter may be followed by data, which are skipped. */
static ink_tar_kind kind_of(uint8_t type)
{
  switch (type) {
  case 0:
  case '0':
  case '7': /* contiguous: a regular file on systems without such files */
    return INK_TAR_FILE;
  case '1':
    return INK_TAR_LINK;
  case 'L':
    return INK_TAR_LONG_NAME;
  case 'K':
    return INK_TAR_LONG_LINK;
  case 'x':
  case 'X': /* Solaris wrote these before they were a standard */
    return INK_TAR_PAX;
  default:
    return INK_TAR_SKIP;
  }
}

/*
 * Returns why an entry that is neither a file nor describes one is skipped; NULL: not worth
 * reporting.
 */
static const char *skip_reason(uint8_t type)
{
  switch (type) {
  case '2':
    return "a link, which is not followed";
  case '3':
  case '4':
  case '6':
    return "a device, not a file";
  case 'S':
    return "a sparse file, which is not supported";
  case '5': /* folder */
  case 'D': /* GNU: folder with a list of its files */
  case 'g': /* PAX: about the archive */
  case 'V': /* GNU: name of the volume */
    return NULL;
  default:
    return "an entry of an unknown kind";
  }
}

/* Sets the kind of the entry. Files that cannot be used become INK_TAR_SKIP and are reported. */
static ink_status choose_kind(ink_tar *tar, uint8_t type, uint64_t size, ink_error *err)
{
  const char *why = NULL;
  const size_t path_len = strlen(tar->path);
  tar->kind = kind_of(type);
  if (tar->kind == INK_TAR_SKIP)
    why = skip_reason(type);
  else if (tar->kind > INK_TAR_SKIP)
    return INK_OK;
  else if (path_len == 0 || tar->path[path_len - 1] == '/')
    tar->kind = INK_TAR_SKIP; /* a folder, as very old archives have them */
  else if (tar->sparse)
    why = skip_reason('S');
  else if (tar->next_path.too_long)
    why = "its path is too long";
  else if (tar->kind == INK_TAR_LINK &&
           (tar->next_link.too_long || !tar->next_link.text[0] || !tar->link))
    why = skip_reason('2');
  else if (size > INK_FILE_MAX && tar->piece)
    tar->kind = INK_TAR_LARGE;
  else if (size > INK_FILE_MAX)
    why = "the file is larger than 32 MB";
  if (!why)
    return INK_OK;
  tar->kind = INK_TAR_SKIP;
  return tar->user.skipped(tar->user.context, tar->path, why, err);
}

/* Reads how many bytes of data follow a header whose checksum is right. */
static ink_status read_entry_size(const ink_tar *tar, uint8_t type, bool extends, uint64_t *size,
                                  ink_error *err)
{
  const uint64_t start = tar->at - INK_TAR_BLOCK;
  if (!read_number(tar->head + SIZE, SIZE_LEN, size))
    return ink_fail(err, INK_E_DATA, "tar: damaged: the header at byte %llu has no valid size",
                    (unsigned long long)start);
  if (tar->has_size && !extends)
    *size = tar->next_size;
  /* Links, devices and folders have no data, whatever their size field says. */
  if (type >= '1' && type <= '6')
    *size = 0;
  if (kind_of(type) > INK_TAR_SKIP && *size > EXTENDED_MAX)
    return ink_fail(err, INK_E_DATA,
                    "tar: an extended header of %llu bytes at byte %llu; %d are the limit",
                    (unsigned long long)*size, (unsigned long long)start, EXTENDED_MAX);
  return INK_OK;
}

static ink_status read_header(ink_tar *tar, ink_error *err)
{
  if (is_zero(tar->head)) {
    if (tar->zero_block)
      tar->state = INK_TAR_ENDED;
    tar->zero_block = true;
    return INK_OK;
  }
  tar->zero_block = false;
  if (!is_checksum_right(tar->head))
    return ink_fail(err, INK_E_DATA, "tar: damaged: the header at byte %llu has a wrong checksum",
                    (unsigned long long)(tar->at - INK_TAR_BLOCK));
  if (tar->entries++ == ENTRIES_MAX)
    return ink_fail(err, INK_E_DATA, "tar: more than %llu entries",
                    (unsigned long long)ENTRIES_MAX);
  const uint8_t type = tar->head[TYPE];
  const bool extends = kind_of(type) > INK_TAR_SKIP || type == 'g';
  uint64_t size;
  INK_TRY(read_entry_size(tar, type, extends, &size, err));
  if (!extends) {
    set_path(tar);
    set_link(tar);
  }
  INK_TRY(choose_kind(tar, type, size, err));
  if (!extends) {
    tar->next_path.from = tar->next_link.from = INK_TAR_FROM_HEADER;
    tar->next_path.too_long = tar->next_link.too_long = tar->has_size = tar->sparse = false;
  }
  if (type != 'g')
    tar->described = extends;
  tar->left = size;
  tar->size = size; /* at most INK_FILE_MAX, except for LARGE and SKIP */
  tar->padding = (INK_TAR_BLOCK - size % INK_TAR_BLOCK) % INK_TAR_BLOCK;
  tar->data_len = 0;
  tar->state = INK_TAR_DATA;
  return INK_OK;
}

/* Sets the name of the next entry. As in GNU tar, a PAX path has precedence over a long name. */
static void set_next_name(ink_tar_name *name, ink_tar_from from, const uint8_t *text, size_t len)
{
  if (name->from > from)
    return;
  name->from = from;
  len = field_length(text, len);
  name->too_long = len >= sizeof name->text;
  if (name->too_long)
    len = sizeof name->text - 1;
  memcpy(name->text, text, len);
  name->text[len] = 0;
}

/*
 * Reads one PAX record: "<length> <key>=<value>\n". The length counts the whole record, its own
 * digits too. Returns it, or 0 if there is no such record.
 *
 * Example: "18 path=a/7/0.png\n" has 18 bytes: 2 digits, 1 space, 14 of the pair, 1 line break.
 */
static size_t read_record(ink_tar *tar, const uint8_t *text, size_t len)
{
  size_t at = 0, record = 0;
  for (; at < len && at < 7 && text[at] >= '0' && text[at] <= '9'; at++)
    record = record * 10 + (size_t)(text[at] - '0');
  if (at == len || text[at] != ' ' || record > len || record < at + 3 || text[record - 1] != '\n')
    return 0;
  const uint8_t *key = text + at + 1, *equals = memchr(key, '=', record - at - 1);
  if (!equals)
    return 0;
  const size_t key_len = (size_t)(equals - key);
  const uint8_t *value = equals + 1;
  const size_t value_len = (size_t)(text + record - 1 - value);
  if (key_len == 4 && memcmp(key, "path", 4) == 0) {
    set_next_name(&tar->next_path, INK_TAR_FROM_PAX, value, value_len);
  } else if (key_len == 8 && memcmp(key, "linkpath", 8) == 0) {
    set_next_name(&tar->next_link, INK_TAR_FROM_PAX, value, value_len);
  } else if (key_len == 4 && memcmp(key, "size", 4) == 0) {
    uint64_t size = 0;
    if (value_len == 0 || value_len > 15)
      return 0;
    for (size_t i = 0; i < value_len; i++) {
      if (value[i] < '0' || value[i] > '9')
        return 0;
      size = size * 10 + (uint64_t)(value[i] - '0');
    }
    tar->next_size = size;
    tar->has_size = true;
  } else if (key_len > 11 && memcmp(key, "GNU.sparse.", 11) == 0) {
    tar->sparse = true;
  }
  return record;
}

static ink_status read_pax(ink_tar *tar, const uint8_t *text, size_t len, ink_error *err)
{
  while (len > 0) {
    const size_t record = read_record(tar, text, len);
    if (record == 0)
      return ink_fail(err, INK_E_DATA, "tar: damaged: a PAX header before byte %llu is malformed",
                      (unsigned long long)tar->at);
    text += record;
    len -= record;
  }
  return INK_OK;
}

static ink_status finish_entry(ink_tar *tar, const uint8_t *bytes, size_t len, ink_error *err)
{
  switch (tar->kind) {
  case INK_TAR_FILE:
    return tar->user.file(tar->user.context, tar->path, bytes, len, err);
  case INK_TAR_LINK:
    return tar->link(tar->user.context, tar->path, tar->next_link.text, err);
  case INK_TAR_LONG_NAME:
    set_next_name(&tar->next_path, INK_TAR_FROM_LONG_NAME, bytes, len);
    return INK_OK;
  case INK_TAR_LONG_LINK:
    set_next_name(&tar->next_link, INK_TAR_FROM_LONG_NAME, bytes, len);
    return INK_OK;
  case INK_TAR_PAX:
    return read_pax(tar, bytes, len, err);
  default:
    return INK_OK;
  }
}

/* ---- bytes ---- */

static ink_status collect(ink_tar *tar, const uint8_t *bytes, size_t len, ink_error *err)
{
  if (tar->size > tar->data_capacity) {
    ink_free(tar->data);
    tar->data_capacity = 0;
    tar->data = ink_alloc((size_t)tar->size);
    if (!tar->data)
      return ink_fail(err, INK_E_MEMORY, "not enough memory for %.100s (%zu bytes)", tar->path,
                      (size_t)tar->size);
    tar->data_capacity = (size_t)tar->size;
  }
  memcpy(tar->data + tar->data_len, bytes, len);
  tar->data_len += len;
  return INK_OK;
}

/* Reads as much of the data of the entry as there is; *taken is how much. */
static ink_status read_data(ink_tar *tar, const uint8_t *bytes, size_t len, size_t *taken,
                            ink_error *err)
{
  const size_t part = tar->left < len ? (size_t)tar->left : len;
  const bool whole = tar->data_len == 0 && part == tar->left;
  const bool collected = tar->kind != INK_TAR_SKIP && tar->kind != INK_TAR_LARGE;
  *taken = part;
  if (tar->kind == INK_TAR_LARGE)
    INK_TRY(tar->piece(tar->user.context, tar->path, tar->size, tar->size - tar->left, bytes, part,
                       err));
  else if (collected && !whole)
    INK_TRY(collect(tar, bytes, part, err));
  tar->left -= part;
  tar->at += part;
  if (tar->left == 0 && collected) {
    INK_TRY(finish_entry(tar, whole ? bytes : tar->data, (size_t)tar->size, err));
    tar->kind = INK_TAR_SKIP; /* the entry is finished; its padding may still come in pieces */
  }
  return INK_OK;
}

static size_t skip_padding(ink_tar *tar, size_t len)
{
  const size_t part = tar->padding < len ? (size_t)tar->padding : len;
  tar->padding -= part;
  tar->at += part;
  if (tar->padding == 0)
    tar->state = INK_TAR_HEADER;
  return part;
}

ink_status ink_tar_push(ink_tar *tar, const uint8_t *bytes, size_t len, ink_error *err)
{
  while (len > 0 && tar->state != INK_TAR_ENDED) {
    size_t taken;
    if (tar->state == INK_TAR_HEADER) {
      taken = ink_min_size(INK_TAR_BLOCK - tar->head_len, len);
      memcpy(tar->head + tar->head_len, bytes, taken);
      tar->head_len += taken;
      tar->at += taken;
      if (tar->head_len == INK_TAR_BLOCK) {
        tar->head_len = 0;
        INK_TRY(read_header(tar, err));
        /* An entry without data is finished at once. */
        if (tar->state == INK_TAR_DATA && tar->left == 0) {
          size_t none;
          INK_TRY(read_data(tar, bytes + taken, 0, &none, err));
          tar->state = INK_TAR_HEADER;
        }
      }
    } else if (tar->left > 0) {
      INK_TRY(read_data(tar, bytes, len, &taken, err));
      if (tar->left == 0 && tar->padding == 0)
        tar->state = INK_TAR_HEADER;
    } else {
      taken = skip_padding(tar, len);
    }
    bytes += taken;
    len -= taken;
  }
  return INK_OK;
}

ink_status ink_tar_end(ink_tar *tar, ink_error *err)
{
  const unsigned long long at = tar->at, missing = tar->left ? tar->left : tar->padding;
  if (tar->state == INK_TAR_ENDED ||
      (tar->state == INK_TAR_HEADER && tar->head_len == 0 && !tar->described))
    return INK_OK;
  if (tar->state == INK_TAR_DATA)
    return ink_fail(err, INK_E_DATA,
                    "tar: cut short at byte %llu, inside %.200s: %llu bytes of it are missing", at,
                    tar->path, missing);
  return ink_fail(err, INK_E_DATA, "tar: cut short at byte %llu, inside a header", at);
}

void ink_tar_release(ink_tar *tar)
{
  ink_free(tar->data);
  tar->data = NULL;
  tar->data_capacity = 0;
}
