/*
 * augment.c - augmentation: properties that hold for all draws. The goldens compare its formulas
 * with PyTorch.
 */
#include "../support/check.h"
#include "ink_data.h"

#include <math.h>
#include <string.h>

static ink_random item(uint64_t index)
{
  return ink_random_split(ink_random_stream(3, INK_FOR_AUGMENT, 0), index);
}

/*
 * Validation: Pillow's resize from 28 to 32, then 32 to 28 with aligned corners: position i * 31 /
 * 27.
 */
static void test_validation(const ink_augmenter *augmenter, const uint8_t *picture)
{
  uint8_t grown[32 * 32];
  float in[32 * 32], want[INK_PIXELS], got[INK_PIXELS];
  ink_error err;
  CHECK(ink_resize_u8(picture, 28, 28, grown, 32, 32, &err) == INK_OK, "resize");
  for (int i = 0; i < 32 * 32; i++)
    in[i] = (float)grown[i] / 255.0f;
  ink_resize_bilinear(in, 32, 32, want, 28, 28, true);
  ink_augment(augmenter, NULL, ink_augment_whole(), picture, got);
  for (int i = 0; i < INK_PIXELS; i++)
    CHECK(fabsf(want[i] - got[i]) < 1e-6f, "validation pixel %d: want %g got %g", i,
          (double)want[i], (double)got[i]);
}

/*
 * Section 10.6: sides 28 to 32, with the probabilities that follow from the distribution of the
 * area.
 */
static void test_crops(const ink_augmenter *augmenter)
{
  enum { N = 40000 };
  const double want[] = {0.173, 0.227, 0.234, 0.242, 0.124};
  size_t count[5] = {0}, corner[2][5] = {{0}};
  for (uint64_t i = 0; i < N; i++) {
    const ink_crop c = ink_augment_crop(augmenter, ink_random_stream(1, INK_FOR_CROP, i));
    CHECK(c.side >= 28 && c.side <= 32 && c.top + c.side <= 32 && c.left + c.side <= 32,
          "crop %zu at %zu, %zu", c.side, c.top, c.left);
    count[c.side - 28]++;
    if (c.side == 28)
      corner[0][c.top]++, corner[1][c.left]++;
  }
  for (int i = 0; i < 5; i++) {
    /* five standard deviations of a share */
    CHECK(fabs((double)count[i] / N - want[i]) < 5 * sqrt(want[i] * (1 - want[i]) / N) + 0.0006,
          "side %d: %g", 28 + i, (double)count[i] / N);
    for (int axis = 0; axis < 2; axis++)
      CHECK(fabs((double)corner[axis][i] / (double)count[0] - 0.2) <
                5 * sqrt(0.16 / (double)count[0]),
            "corner %d: %zu of %zu", i, corner[axis][i], count[0]);
  }
}

/*
 * A bar at the left is mirrored in about half of the pictures, and never without flips; black stays
 * black.
 */
static void test_items(const ink_augmenter *with, const ink_augmenter *without)
{
  enum { N = 2000 };
  uint8_t bar[INK_PIXELS] = {0}, black[INK_PIXELS] = {0};
  for (int y = 4; y < 24; y++)
    memset(bar + y * 28 + 5, 255, 3);
  size_t mirrored = 0, distinct = 0;
  float out[INK_PIXELS], last[INK_PIXELS] = {0};
  for (uint64_t i = 0; i < N; i++) {
    const ink_random stream = item(i);
    ink_augment(with, &stream, ink_augment_whole(), bar, out);
    double left = 0, right = 0;
    for (int p = 0; p < INK_PIXELS; p++) {
      CHECK(out[p] >= 0 && out[p] <= 1, "pixel %d is %g", p, (double)out[p]);
      *(p % 28 < 14 ? &left : &right) += out[p];
    }
    mirrored += right > left;
    distinct += memcmp(out, last, sizeof out) != 0;
    memcpy(last, out, sizeof out);
    float again[INK_PIXELS];
    ink_augment(with, &stream, ink_augment_whole(), bar, again);
    CHECK(memcmp(out, again, sizeof out) == 0, "the same stream gives the same picture");
    ink_augment(without, &stream, ink_augment_whole(), bar, out);
    left = right = 0;
    for (int p = 0; p < INK_PIXELS; p++)
      *(p % 28 < 14 ? &left : &right) += out[p];
    CHECK(left > right, "item %d is mirrored without flips", (int)i);
    ink_augment(with, &stream, ink_augment_whole(), black, out);
    CHECK(out[400] < 1e-5f, "black becomes %g", (double)out[400]);
  }
  CHECK(fabs((double)mirrored / N - 0.5) < 5 * sqrt(0.25 / N), "%zu of %d mirrored", mirrored, N);
  CHECK((double)distinct > N * 0.98, "%zu of %d differ from the one before", distinct, N);
}

/*
 * Each part alone has its own effect, and without any part a picture is as in validation. A bar
 * left of the middle with a grey level at its foot distinguishes them.
 */
static void test_parts(void)
{
  enum { N = 200 };
  static const struct {
    unsigned part;
    const char *name;
    bool moves;
  } parts[] = {{INK_AUGMENT_FLIP, "flip", true},     {INK_AUGMENT_ROTATE, "rotate", true},
               {INK_AUGMENT_ZOOM, "zoom", true},     {INK_AUGMENT_WARP, "warp", true},
               {INK_AUGMENT_CROP, "crop", true},     {INK_AUGMENT_LIGHTING, "lighting", false},
               {INK_AUGMENT_RESIZE, "resize", false}};
  uint8_t picture[INK_PIXELS] = {0};
  for (int y = 4; y < 24; y++)
    memset(picture + y * 28 + 6, y < 20 ? 255 : 90, 4);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    ink_augmenter *a = NULL;
    ink_error err;
    CHECK(ink_augmenter_create(&a, INK_AUGMENT_RESIZE | parts[i].part, 1, &err) == INK_OK, "%s",
          parts[i].name);
    float plain[INK_PIXELS], out[INK_PIXELS];
    ink_augment(a, NULL, ink_augment_whole(), picture, plain);
    size_t changed = 0, moved = 0;
    for (uint64_t k = 0; k < N; k++) {
      const ink_random stream = item(k);
      ink_augment(a, &stream, ink_augment_crop(a, stream), picture, out);
      double most = 0, black = 0;
      for (int p = 0; p < INK_PIXELS; p++) {
        most = fmax(most, fabs((double)out[p] - plain[p]));
        black = fmax(black, plain[p] == 0 ? (double)out[p] : 0);
      }
      changed += most > 1e-5;
      moved += black > 1e-3;
    }
    const bool random = parts[i].part != INK_AUGMENT_RESIZE;
    CHECK(random ? changed > N / 4 && changed < N : changed == 0, "%s alone changes %zu of %d",
          parts[i].name, changed, N);
    CHECK(parts[i].moves ? moved > N / 8 : moved == 0,
          "%s alone puts ink where none was in %zu of %d", parts[i].name, moved, N);
    ink_augmenter_free(a);
  }
}

int main(void)
{
  uint8_t picture[INK_PIXELS];
  for (int i = 0; i < INK_PIXELS; i++)
    picture[i] = (uint8_t)(i * 7919 % 256);
  ink_augmenter *with = NULL, *without = NULL;
  ink_error err;
  CHECK(ink_augmenter_create(&with, INK_AUGMENT_FASTAI, 1, &err) == INK_OK &&
            ink_augmenter_create(&without, INK_AUGMENT_FASTAI - INK_AUGMENT_FLIP, 1, &err) ==
                INK_OK,
        "created");
  const size_t before = ink_total_allocations();
  ink_random stream = item(0);
  float out[INK_PIXELS];
  ink_augment(with, &stream, ink_augment_whole(), picture, out);
  CHECK(ink_total_allocations() == before, "augmenting allocates");
  test_validation(with, picture);
  test_crops(with);
  test_items(with, without);
  test_parts();
  ink_augmenter_free(with);
  ink_augmenter_free(without);
  CHECK(ink_live_allocations() == 0, "%zu allocations are left", ink_live_allocations());
  return checks_end();
}
