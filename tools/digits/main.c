/*
 * main.c - the program `digits`: reads its options and writes the archive to standard output.
 *
 *   digits [--seed N] [--train N] [--test N] > digits.tar
 *   digits [--seed N] --scribbles N > scribbles.tar      pictures of no digit
 */
#include "digits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A split. The splits are in the order of the archive (bytewise by name); `key` is part of the key
 * of their random streams.
 */
typedef struct {
  const char *name;
  uint64_t key;
  size_t count; /* pictures, all digits together */
} split;

enum {
  SCRIBBLE = 10,
  SCRIBBLES = 2
}; /* the "digit" of a scribble; the key of their random stream */

static bool write_picture(const char *name, uint64_t seed, uint64_t key, int digit, size_t index)
{
  rng r = rng_for(seed, key, (uint64_t)digit, index);
  drawing d;
  if (digit == SCRIBBLE)
    hand_scribble(&d, &r);
  else
    hand_draw(&d, digit, &r);
  const nib n = pen_choose(&d, &r);
  uint8_t picture[SIDE][SIDE];
  frame_picture(picture, &d, &n);

  size_t len_bytes;
  uint8_t *png = png_encode(picture, &len_bytes);
  const bool ok = png && tar_entry(stdout, name, png, len_bytes);
  free(png);
  return ok;
}

/* Compares as the archive and `ls` sort, by the bytes of the name: "10" comes before "9". */
static int by_text(const void *a, const void *b)
{
  char left[24], right[24];
  snprintf(left, sizeof left, "%zu.png", *(const size_t *)a);
  snprintf(right, sizeof right, "%zu.png", *(const size_t *)b);
  return strcmp(left, right);
}

/*
 * Writes one digit of one split. As in MNIST, the number of a picture is unique in its split:
 * picture i shows digit i % 10, so classes are balanced, and every ten consecutive pictures hold
 * all of them.
 */
static bool write_digit(const split *s, uint64_t seed, int digit)
{
  char name[100];
  snprintf(name, sizeof name, "digits/%s/%d/", s->name, digit);
  if (!tar_entry(stdout, name, NULL, 0))
    return false;

  const size_t count = s->count / 10 + ((size_t)digit < s->count % 10);
  size_t *indices = malloc(
      (count + 1) * sizeof *indices); /* + 1: malloc(0) may return NULL, and that is no failure */
  if (!indices)
    return false;
  for (size_t i = 0; i < count; i++)
    indices[i] = 10 * i + (size_t)digit;
  qsort(indices, count, sizeof *indices, by_text);

  bool ok = true;
  for (size_t i = 0; ok && i < count; i++) {
    snprintf(name, sizeof name, "digits/%s/%d/%zu.png", s->name, digit, indices[i]);
    ok = write_picture(name, seed, s->key, digit, indices[i]);
  }
  free(indices);
  return ok;
}

static bool write_archive(const split *splits, size_t n_splits, uint64_t seed)
{
  if (!tar_entry(stdout, "digits/", NULL, 0))
    return false;
  for (size_t i = 0; i < n_splits; i++) {
    char name[100];
    snprintf(name, sizeof name, "digits/%s/", splits[i].name);
    if (!tar_entry(stdout, name, NULL, 0))
      return false;
    for (int digit = 0; digit < 10; digit++)
      if (!write_digit(&splits[i], seed, digit))
        return false;
  }
  return tar_end(stdout);
}

static bool write_scribbles(size_t count, uint64_t seed)
{
  bool ok = tar_entry(stdout, "scribbles/", NULL, 0);
  for (size_t i = 0; ok && i < count; i++) {
    char name[100];
    snprintf(name, sizeof name, "scribbles/%zu.png", i);
    ok = write_picture(name, seed, SCRIBBLES, SCRIBBLE, i);
  }
  return ok && tar_end(stdout);
}

/* Reads a whole decimal number without a sign, at most `max`. */
static bool parse_count(const char *text, uint64_t max, uint64_t *value)
{
  char *end;
  errno = 0;
  const unsigned long long n = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end || errno || n > max)
    return false;
  *value = n;
  return true;
}

int main(int argc, char **argv)
{
  const uint64_t max_count = 10000000; /* more than anybody needs, and short enough for a name */
  uint64_t seed = 1, train = 20000, test = 4000, scribbles = 0;
  const struct {
    const char *name;
    uint64_t *value, max;
  } options[] = {{"--seed", &seed, UINT64_MAX},
                 {"--train", &train, max_count},
                 {"--test", &test, max_count},
                 {"--scribbles", &scribbles, max_count}};
  const size_t n_options = sizeof options / sizeof *options;

  for (int i = 1; i < argc; i += 2) {
    size_t o = 0;
    while (o < n_options && strcmp(argv[i], options[o].name) != 0)
      o++;
    if (o == n_options) {
      fprintf(stderr,
              "digits: unknown argument '%s'\n"
              "usage: digits [--seed N] [--train N] [--test N] [--scribbles N] > digits.tar\n",
              argv[i]);
      return 2;
    }
    if (i + 1 == argc || !parse_count(argv[i + 1], options[o].max, options[o].value)) {
      fprintf(stderr, "digits: %s needs a whole number from 0 to %llu%s%s\n", argv[i],
              (unsigned long long)options[o].max, i + 1 < argc ? ", not " : "",
              i + 1 < argc ? argv[i + 1] : "");
      return 2;
    }
  }

  if (!hand_learn())
    return 1;
  const split splits[] = {{"testing", 1, (size_t)test}, {"training", 0, (size_t)train}};
  if (!(scribbles ? write_scribbles((size_t)scribbles, seed)
                  : write_archive(splits, sizeof splits / sizeof *splits, seed))) {
    perror("digits: cannot write the archive");
    return 1;
  }
  return 0;
}
