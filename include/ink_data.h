/*
 * ink_data.h - bytes in, pictures out: decoders for PNG, tar and IDX, the data set, augmentation,
 * and the reading of digits that a person drew, dropped or pasted.
 */
#ifndef INK_DATA_H
#define INK_DATA_H

#include "ink_base.h"

enum {
  INK_SIDE = 28,                    /* every picture of a data set is INK_SIDE x INK_SIDE pixels */
  INK_PIXELS = INK_SIDE * INK_SIDE, /* u8 each, row major */
  INK_MIN_CLASSES = 2,
  INK_MAX_CLASSES = 64,
  INK_CLASS_NAME_MAX = 64,   /* bytes of UTF-8 with the final 0 */
  INK_PATH_MAX = 1024,       /* bytes with the final 0; files with a longer path are skipped */
  INK_IMAGE_SIDE_MAX = 4096, /* pixels along each side of a picture that is decoded */
  INK_FILE_MAX = 32 << 20,   /* bytes of a picture file in an archive or folder */
  INK_ITEMS_MAX = 4000000,   /* pictures in a data set */
  INK_PROBLEMS_NAMED = 200   /* problems with path and reason; the others are only counted */
};

/* ---- pictures (png.c, image.c) ---- */

/* A PNG whose structure has been checked. The pointers point into the bytes of the file. */
typedef struct ink_png {
  size_t width, height; /* 1..INK_IMAGE_SIDE_MAX */
  unsigned depth, colour;
  bool interlaced;
  const uint8_t *palette, *transparency; /* data of PLTE and tRNS, or NULL */
  size_t palette_entries, transparency_bytes;
  const uint8_t *data; /* data of the first IDAT chunk; the others follow it */
  size_t data_chunks, data_bytes;
  size_t data_elsewhere; /* byte of an IDAT chunk behind other chunks, which is not read; or 0 */
  size_t raw_bytes;      /* size of the inflated data */
  unsigned orientation;  /* Exif's, 1..8: how a viewer rotates and mirrors the picture */
} ink_png;

/*
 * Checks the structure of a PNG: signature, IHDR first and once, IDAT not empty, lengths within the
 * file, checksums of all critical chunks, one palette if the format needs it, IEND, sides up to
 * INK_IMAGE_SIDE_MAX, and no more pixels than the data can hold.
 *
 * Like other decoders, it ignores superfluous parts: bytes after IEND; a palette that the format
 * does not use; a palette or image data that come too late; and a tRNS chunk with a wrong checksum,
 * too short, out of place, for a second time, or in a format with alpha.
 *
 * INK_E_DATA: the message says what is wrong and at which byte. It does not name the file; the
 * caller does.
 */
ink_status ink_png_read(ink_png *png, const uint8_t *bytes, size_t len, ink_error *err);

/*
 * Returns the name of a kind of file, such as "JPEG", from its first 16 bytes; "" if it is unknown
 * or empty.
 */
const char *ink_file_kind(const uint8_t *bytes, size_t len);

/*
 * Returns whether a file is of a known kind other than PNG. Its bytes decide, or its name if they
 * do not. If it is, `why` gets a clause that names the kind.
 */
bool ink_is_other_file(const char *path, const uint8_t *bytes, size_t len, ink_error *why);

/*
 * Returns how many bytes of memory decoding needs: at most 8 for each pixel, plus the size of the
 * file.
 */
size_t ink_png_memory(const ink_png *png);

/*
 * Decodes a PNG (1 to 16 bits; grey, RGB, palette, alpha, interlaced) to 8-bit grey.
 *
 *   memory  [ink_png_memory] bytes of scratch
 *   grey    [height][width]
 *
 * grey = (19595 R + 38470 G + 7471 B + 32768) >> 16, which is Pillow's "L": the weights .299 .587
 * .114 of ITU-R 601-2. Transparent pixels are laid over white paper first, except if alpha itself
 * is the picture (src/data/paper.h). 16-bit values keep their upper byte. A pixel whose colour is
 * not in the palette is black. Data after the last row are not read.
 *
 * It allocates nothing and keeps nothing; threads may call it at the same time.
 * INK_E_DATA: the image data are damaged or too few.
 */
ink_status ink_png_decode(const ink_png *png, uint8_t *memory, uint8_t *grey, ink_error *err);

/*
 * Decodes the same picture as a viewer shows it on white paper: in colour, rotated and mirrored as
 * its Exif data say. If alpha is the picture, it is grey.
 *
 *   rgba  [height][width][4], opaque; [width][height][4] if ink_png_is_turned
 */
ink_status ink_png_decode_colours(const ink_png *png, uint8_t *memory, uint8_t *rgba,
                                  ink_error *err);
/* Returns whether a viewer shows the picture's rows as columns. */
bool ink_png_is_turned(const ink_png *png);

/*
 * Resizes 8-bit grey like Pillow's resize(BILINEAR), bit for bit: triangle filter, widened when
 * shrinking; horizontal pass first, rounded to 8 bits, then vertical; coefficients in 22-bit fixed
 * point (Pillow: src/libImaging/Resample.c).
 *
 *   in   [in_height][in_width]
 *   out  [out_height][out_width]; all sides >= 1
 *
 * INK_E_MEMORY is the only failure.
 */
ink_status ink_resize_u8(const uint8_t *in, size_t in_width, size_t in_height, uint8_t *out,
                         size_t out_width, size_t out_height, ink_error *err);

/*
 * Makes a picture INK_SIDE x INK_SIDE like fastai's Resize with method crop and a centred crop: the
 * largest centred square, resized by ink_resize_u8. A 28 x 28 picture is copied.
 *
 *   grey  [height][width]
 *
 * INK_E_MEMORY is the only failure.
 */
ink_status ink_fit_to_square(const uint8_t *grey, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err);

/* ---- data set (dataset.c) ---- */

/* One split. Items are in fastai's order: by path, component by component, as byte strings. */
typedef struct ink_items {
  size_t count;
  uint8_t *pixels; /* [count][INK_PIXELS] */
  uint8_t *labels; /* [count], index into class_names */
  char **paths;    /* [count]; NULL where the source has no paths (IDX) */
  char *path_text; /* the text that `paths` point into */
} ink_items;

typedef struct ink_dataset {
  size_t n_classes; /* INK_MIN_CLASSES..INK_MAX_CLASSES */
  char class_names[INK_MAX_CLASSES][INK_CLASS_NAME_MAX];
  ink_items train, valid;
} ink_dataset;

/*
 * Returns the share of pixels that are not 0, from up to 1024 pictures spread evenly over the
 * split; 0 if the split is empty.
 */
double ink_items_density(const ink_items *items);

/* Frees a data set. NULL is allowed. */
void ink_dataset_free(ink_dataset *dataset);

/*
 * Returns whether a class may have that name: UTF-8 without control characters, not empty, short
 * enough.
 */
bool ink_is_class_name(const char *name, size_t len);

/*
 * Holds out `count` training pictures: the last `count` of a shuffle (seed, INK_FOR_HOLD_OUT)
 * become the validation pictures, in their original order. They are no longer training pictures,
 * and the former validation pictures are dropped. INK_E_ARGUMENT: count is 0 or leaves no training
 * picture. INK_E_MEMORY: nothing was changed.
 */
ink_status ink_dataset_hold_out(ink_dataset *dataset, size_t count, uint64_t seed, ink_error *err);

/* ---- loader (src/data/load) ---- */

typedef struct ink_problem {
  char path[160];   /* cut if it is longer, at a UTF-8 boundary */
  char reason[160]; /* one clause, no full stop */
} ink_problem;

typedef struct ink_load_report {
  size_t bytes;        /* pushed so far, after decompression */
  size_t train, valid; /* pictures decoded so far */
  size_t unused_test;  /* test pictures that are not used because there are validation pictures */
  size_t skipped;      /* files that were skipped */
  size_t litter;       /* files of systems and programs, never read; not counted as skipped */
  size_t n_problems;   /* <= INK_PROBLEMS_NAMED */
  ink_problem problems[INK_PROBLEMS_NAMED];
} ink_load_report;

typedef struct ink_loader ink_loader;

/*
 * A loader collects a data set from one or more streams. Call, for each stream, begin, push (any
 * number of times) and end or skip; then finish.
 *
 *   begin(name)   starts a stream: an archive, an IDX file, or one picture of a folder, whose name
 *                 is then its path. Its first bytes decide its kind, not its name.
 *   push(bytes)   gives the next bytes, cut anywhere, already decompressed
 *   end()         ends the stream
 *   finish(out)   sorts, names the classes, checks; the caller frees *out with ink_dataset_free
 *
 * Archives  POSIX ustar, GNU long names (L, K), PAX path and size. Links, devices and directories
 *           are skipped.
 * Pictures  `.../<role>/<class>/<file>.png` at any depth; <role>, in upper or lower case, is
 *           training or train, validation, valid or val, testing or test. Test pictures are the
 *           validation pictures if there are no others; otherwise they count as `unused_test`. The
 *           classes are the folder names of the training pictures, sorted as byte strings.
 * Litter    is counted and not read: paths with a component that begins with a dot or is __MACOSX,
 *           Thumbs.db or desktop.ini. A stream whose name has no folder was chosen by a person, so
 *           an archive or IDX file is read whatever its name.
 * IDX       image and label files of each role. Their magic numbers tell images from labels.
 *           `train`, `t10k`, `test` or `val` in the file's name tells the role, or else in the
 *           names of its folders. Classes are in numeric order; EMNIST's `<set>-mapping.txt` names
 *           them.
 * Folders   (streams whose names have a '/') have one source for each role: pictures in folders,
 *           else IDX files, else archives. Other sources are counted as skipped and named.
 *
 * A picture that cannot be used is counted and named in the report, and loading continues. An
 * archive that is cut short or damaged in its own structure fails: `push` or `end` returns
 * INK_E_DATA and names the byte, and the loader can only be freed. No call keeps `bytes`.
 */
ink_status ink_loader_create(ink_loader **loader, ink_error *err);
void ink_loader_free(ink_loader *loader); /* takes NULL */
ink_status ink_loader_begin(ink_loader *loader, const char *name, ink_error *err);
ink_status ink_loader_push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err);
ink_status ink_loader_end(ink_loader *loader, ink_error *err);
/*
 * Ends the open stream because its bytes cannot be read, or not all of them. A picture is skipped:
 * the report counts and names it with the reason. An archive or IDX file fails with INK_E_DATA.
 */
ink_status ink_loader_skip(ink_loader *loader, const char *reason, ink_error *err);
/* Returns false if the open stream is litter, so its bytes need not be read. */
bool ink_loader_wants(const ink_loader *loader);
/* Sorts classes whose names are all whole numbers by number, even if the names are folder names. */
void ink_loader_number_classes(ink_loader *loader);
const ink_load_report *ink_loader_report(const ink_loader *loader);

/*
 * Chooses the sources; call it after the last stream and before `finish`, if classes are to be
 * renamed. Then each class can be given another name, such as one with composed accents; classes of
 * the same name become one. ink_loader_class returns the name of a class, those of the training
 * pictures first and then those of the validation pictures, or NULL past the end.
 */
ink_status ink_loader_settle(ink_loader *loader, ink_error *err);
const char *ink_loader_class(ink_loader *loader, size_t index);
ink_status ink_loader_rename_class(ink_loader *loader, size_t index, const char *name,
                                   ink_error *err);

/*
 * Makes the data set. INK_E_DATA: no pictures, no training or no validation pictures, fewer than
 * INK_MIN_CLASSES or more than INK_MAX_CLASSES classes (an IDX label above the limit counts), a
 * class of the validation pictures that the training pictures do not have, or different numbers of
 * images and labels.
 */
ink_status ink_loader_finish(ink_loader *loader, ink_dataset **dataset, ink_error *err);

/* ---- augmentation (augment.c): fastai's aug_transforms, and the pieces it is made of ---- */

typedef enum ink_padding { INK_PAD_REFLECTION, INK_PAD_ZEROS, INK_PAD_BORDER } ink_padding;

/*
 * PyTorch's affine_grid: grid[y][x] = theta (X, Y, 1).
 *
 *   theta  [2][3], row major
 *   grid   [height][width][2]; with align_corners X = 2 x / (width - 1) - 1, otherwise
 *          X = (2 x + 1) / width - 1; Y likewise
 */
void ink_affine_grid(const float theta[6], size_t height, size_t width, bool align_corners,
                     float *grid);

/*
 * PyTorch's grid_sample of one channel, bilinear.
 *
 *   in    [height][width]
 *   grid  [count][2], (x, y) from -1 to 1
 *   out   [count]
 *
 * With align_corners, reflection is about the centres of the border pixels, otherwise about their
 * edges.
 */
void ink_grid_sample(const float *in, size_t height, size_t width, const float *grid, size_t count,
                     ink_padding padding, bool align_corners, float *out);

/*
 * PyTorch's interpolate of one channel, bilinear, without antialiasing: in [height][width] to out
 * [out_height][out_width].
 */
void ink_resize_bilinear(const float *in, size_t height, size_t width, float *out,
                         size_t out_height, size_t out_width, bool align_corners);

/*
 * fastai's lighting of x [count], in logit space: sigmoid((logit(x) + logit(brightness)) *
 * contrast).
 */
void ink_lighting(float *x, size_t count, double brightness, double contrast);

/*
 * fastai's affine map from output to input coordinates, both from -1 to 1: m [2][3], row major.
 * Applied to output coordinates, in this order: the zoom about (centre_x, centre_y) in 0..1 (above
 * 1: the picture grows), the rotation in degrees, the flip.
 */
void ink_affine_map(bool flip, double degrees, double zoom, double centre_x, double centre_y,
                    double m[6]);
/*
 * fastai's perspective warp, c [8]:
 *
 *   (x, y) -> (c0 x + c1 y + c2, c3 x + c4 y + c5) / (c6 x + c7 y + 1)
 *
 * `tilt_x` tilts the heights of the left and right sides, `tilt_y` the widths of top and bottom. c
 * is the identity if no such map exists.
 */
void ink_warp_map(double tilt_x, double tilt_y, double c[8]);

/*
 * fastai's Resize(32), then aug_transforms(size=28, min_scale=0.75): flip, rotate, zoom and warp in
 * one resampling, a crop that is the same for the whole batch, lighting (fastai 2.2.5:
 * vision/augment.py).
 */
typedef struct ink_augmenter ink_augmenter;

/*
 * A set of parts is their sum: fastai's, or those for digits (distort.h). A part that is left out
 * draws nothing, and the draws of the other parts do not change.
 */
enum {
  INK_AUGMENT_RESIZE = 1, /* to 32 x 32 and back, for validation too; in every fastai set */
  INK_AUGMENT_FLIP = 2,
  INK_AUGMENT_ROTATE = 4,
  INK_AUGMENT_ZOOM = 8,
  INK_AUGMENT_WARP = 16,
  INK_AUGMENT_CROP = 32,
  INK_AUGMENT_LIGHTING = 64,
  INK_AUGMENT_FASTAI = 127,
  INK_AUGMENT_SHIFT = 128,
  INK_AUGMENT_SHEAR = 256,
  INK_AUGMENT_ELASTIC = 512,
  INK_AUGMENT_DIGITS = INK_AUGMENT_ROTATE | INK_AUGMENT_ZOOM | INK_AUGMENT_SHIFT |
                       INK_AUGMENT_SHEAR | INK_AUGMENT_ELASTIC
};

/* A part that a setting may leave out, by name: all but the resizing. */
typedef struct ink_augment_part {
  const char *name, *meaning;
  unsigned bit;
} ink_augment_part;
/* NULL past the last (parts.c). */
const ink_augment_part *ink_augment_part_at(size_t index);

/* A set of parts that a setting may name. */
typedef struct ink_augment_set {
  const char *name;
  unsigned bits;
} ink_augment_set;
const ink_augment_set *ink_augment_set_at(size_t index);

/*
 * strength: a factor of the parts for digits; 1 is described at ink_distort. INK_E_MEMORY is the
 * only failure.
 */
ink_status ink_augmenter_create(ink_augmenter **augmenter, unsigned parts, double strength,
                                ink_error *err);
void ink_augmenter_free(ink_augmenter *augmenter); /* takes NULL */

enum { INK_AUGMENT_SIDE = 32 };
/* The square of the 32 x 32 picture that a batch is cut from, in pixels. */
typedef struct ink_crop {
  size_t side, top, left;
} ink_crop;

/* Returns the crop of validation: all of the picture. */
static inline ink_crop ink_augment_whole(void)
{
  return (ink_crop){INK_AUGMENT_SIDE, 0, 0};
}
/* Draws the crop of a batch from `stream`. */
ink_crop ink_augment_crop(const ink_augmenter *augmenter, ink_random stream);

/*
 * Augments one picture.
 *
 *   stream   the picture's own; NULL: validation, which only resizes and crops
 *   picture  [INK_PIXELS] u8
 *   out      [INK_PIXELS], 0..1
 *
 * It allocates nothing.
 */
void ink_augment(const ink_augmenter *augmenter, const ink_random *stream, ink_crop crop,
                 const uint8_t *picture, float *out);

/* The same as pixels, as fastai shows it: limited to 0..1, times 255, rounded down. */
void ink_augment_pixels(const ink_augmenter *augmenter, const ink_random *stream, ink_crop crop,
                        const uint8_t *picture, uint8_t out[INK_PIXELS]);

/*
 * Draws pictures from `items` and augments them as in one batch, to be shown.
 *
 *   parts     0: as they are
 *   stream    another stream, other pictures
 *   pictures  [count][INK_PIXELS]
 *   labels    [count]
 */
ink_status ink_augment_preview(const ink_items *items, unsigned parts, double strength,
                               ink_random stream, size_t count, uint8_t (*pictures)[INK_PIXELS],
                               uint8_t *labels, ink_error *err);

/* ---- a person's digit (digit.c) ---- */

/*
 * Turns a drawing or photograph of one digit into a picture like MNIST's: make it grey; invert it
 * if the border shows that dark ink is on light paper; find and crop the ink; scale it into 20 x 20
 * with its shape kept (area average); put its centre of mass into the centre of 28 x 28.
 *
 *   rgba  [height][width][4], sides 1..INK_IMAGE_SIDE_MAX; transparent is white paper, or alpha is
 *         the ink if white paper shows none (src/data/paper.h)
 *   out   [INK_PIXELS], light ink on black
 *
 * INK_E_DATA "no ink found": the picture is of one colour or nearly so.
 */
ink_status ink_digit_prepare(const uint8_t *rgba, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err);

enum { INK_DIGITS_MAX = 16, INK_DIGIT_BOX = 20 };

/* The digits that were read from a picture, with the intermediate steps. */
typedef struct ink_digits {
  size_t width, height;    /* size of `grey`: the picture, shrunk if it was large */
  uint8_t *grey;           /* [height][width]: ink light on an even, dark ground */
  uint8_t raw[INK_PIXELS]; /* the picture scaled to 28 x 28 without any of the other steps */
  size_t n;
  struct ink_digit {
    size_t left, top, right, bottom; /* in `grey`; right and bottom are one past the last pixel */
    uint8_t scaled[INK_DIGIT_BOX * INK_DIGIT_BOX];
    uint8_t picture[INK_PIXELS]; /* like the result of ink_digit_prepare */
  } digit[INK_DIGITS_MAX];       /* in reading order: row by row, each from left to right */
} ink_digits;

/*
 * Reads a picture of one or more digits. A single digit is read as ink_digit_prepare does. Pieces
 * of ink beside each other that are about equally tall are digits of their own. Pieces that are too
 * wide for one digit are cut where a single stroke joins two parts that are both as tall as a
 * digit; with `cut_all`, pieces that may be several digits are cut too.
 */
ink_status ink_digits_read(const uint8_t *rgba, size_t width, size_t height, bool cut_all,
                           ink_digits *out, ink_error *err);
/*
 * Returns whether a digit is so wide that it may be several: reading again with `cut_all` is worth
 * it.
 */
bool ink_digits_may_touch(const ink_digits *digits);
void ink_digits_free(ink_digits *digits); /* `digits` must have been read or be all zero */

#endif
