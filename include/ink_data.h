/*
 * ink_data.h - bytes in, pictures out: PNG, tar and IDX decoding, the data set, and the reading
 * of one digit that a person drew, dropped or pasted.
 */
#ifndef INK_DATA_H
#define INK_DATA_H

#include "ink_base.h"

enum {
  INK_SIDE = 28,                    /* every picture of a data set is INK_SIDE x INK_SIDE */
  INK_PIXELS = INK_SIDE * INK_SIDE, /* u8 each, row major */
  INK_MIN_CLASSES = 2,
  INK_MAX_CLASSES = 64,
  INK_CLASS_NAME_MAX = 64,   /* bytes of UTF-8 with the final 0 */
  INK_PATH_MAX = 1024,       /* bytes with the final 0; a longer path is skipped and counted */
  INK_IMAGE_SIDE_MAX = 4096, /* pixels along either side of a picture that is decoded */
  INK_FILE_MAX = 32 << 20,   /* bytes of one picture file in an archive or folder */
  INK_ITEMS_MAX = 4000000,   /* pictures in a data set */
  INK_PROBLEMS_NAMED = 200   /* problems kept with path and reason; all are counted */
};

/* ---- pictures (png.c, image.c) ---- */

/* What is known of a PNG once its structure has been proved. It points into the file's bytes. */
typedef struct ink_png {
  size_t width, height; /* 1..INK_IMAGE_SIDE_MAX */
  unsigned depth, colour;
  bool interlaced;
  const uint8_t *palette, *transparency; /* data of PLTE and tRNS, or NULL */
  size_t palette_entries, transparency_bytes;
  const uint8_t *data; /* of the first IDAT chunk; the others follow it */
  size_t data_chunks, data_bytes;
  size_t
      data_elsewhere; /* byte of an IDAT chunk that does not follow the others and is not read, or 0 */
  size_t raw_bytes;     /* size of the inflated data */
  unsigned orientation; /* 1..8, Exif's: how a viewer turns and mirrors the picture */
} ink_png;

/*
 * Proves the structure of a PNG: signature, IHDR first and once, lengths within the file, checksums
 * of all critical chunks, one palette where it is needed, IDAT not empty, IEND, sides up to
 * INK_IMAGE_SIDE_MAX, and no more pixels than the data can hold.
 *
 * Other decoders show pictures whose files have more than they should, and so does this one. It passes over bytes
 * after IEND, a palette that the format does not use, a palette or image data that come too late, and a tRNS chunk
 * that has a wrong checksum, is too short, out of place, a second one, or beside an alpha channel.
 *
 * INK_E_DATA says what is wrong and at which byte, and never names the file: the caller knows it.
 */
ink_status ink_png_read(ink_png *png, const uint8_t *bytes, size_t len, ink_error *err);

/* A name for the kind of a file, "JPEG", by its first 16 bytes; "" if it is not known, or empty. */
const char *ink_file_kind(const uint8_t *bytes, size_t len);

/*
 * Says whether a file is of a known kind other than PNG. Its bytes decide, or its name where they do not.
 * `why` then gets a clause that names the kind.
 */
bool ink_is_other_file(const char *path, const uint8_t *bytes, size_t len, ink_error *why);

/* Bytes that decoding needs beside the picture: at most 8 for each pixel, and the file's size. */
size_t ink_png_memory(const ink_png *png);

/*
 * Decodes a PNG (1 to 16 bits, grey, RGB, palette, alpha, interlaced) to 8-bit grey.
 *
 * Grey is Pillow's "L": (19595 R + 38470 G + 7471 B + 32768) >> 16, that is ITU-R 601-2 weights
 * .299 .587 .114. Transparent pixels are laid over white paper first; where that shows no ink, and
 * alpha does, alpha is the picture (src/data/paper.h). 16-bit values keep their upper byte. A pixel
 * whose colour the palette does not have is black. Data beyond the last row are not read.
 *
 *   memory   ink_png_memory bytes
 *   grey     [height][width]
 *
 * Takes nothing from the heap, keeps nothing, and may be called by many threads at once.
 * INK_E_DATA: the image data are damaged or too few.
 */
ink_status ink_png_decode(const ink_png *png, uint8_t *memory, uint8_t *grey, ink_error *err);

/*
 * The same picture as a viewer shows it on white paper: in colour, and turned and mirrored as its
 * Exif data say. Where alpha is the picture it is grey.
 *
 *   rgba     [height][width][4], opaque; [width][height][4] if it is turned
 */
ink_status ink_png_decode_colours(const ink_png *png, uint8_t *memory, uint8_t *rgba,
                                  ink_error *err);
/* Says whether a viewer shows the picture's rows as columns. */
bool ink_png_is_turned(const ink_png *png);

/*
 * Pillow's resize(BILINEAR) on 8-bit grey, bit for bit: triangle filter, widened when shrinking,
 * horizontal pass first, rounded to 8 bits, then vertical, 22-bit fixed point coefficients
 * (Pillow: src/libImaging/Resample.c).
 *
 *   in [in_height][in_width], out [out_height][out_width], all sides >= 1
 */
ink_status ink_resize_u8(const uint8_t *in, size_t in_width, size_t in_height, uint8_t *out,
                         size_t out_width, size_t out_height, ink_error *err);

/*
 * A picture of any size as INK_SIDE x INK_SIDE, fastai's Resize with method crop and a centred
 * crop: the largest centred square, then ink_resize_u8. A 28 x 28 picture is copied.
 */
ink_status ink_fit_to_square(const uint8_t *grey, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err);

/* ---- data set (dataset.c) ---- */

/* One split. Items are in fastai's order: by path, component by component, as byte strings. */
typedef struct ink_items {
  size_t count;
  uint8_t *pixels; /* [count][INK_PIXELS] */
  uint8_t *labels; /* [count], index into class_names */
  char **paths;    /* [count], as they came, NULL where the source has none (IDX) */
  char *path_text; /* what paths point into */
} ink_items;

typedef struct ink_dataset {
  size_t n_classes; /* INK_MIN_CLASSES..INK_MAX_CLASSES */
  char class_names[INK_MAX_CLASSES][INK_CLASS_NAME_MAX];
  ink_items train, valid;
} ink_dataset;

/* The share of pixels that are not 0, in up to 1024 pictures spread evenly over the split; 0 where it is empty. */
double ink_items_density(const ink_items *items);

/* Takes NULL. */
void ink_dataset_free(ink_dataset *dataset);

/* Says whether a class may have that name: UTF-8 without control characters, not empty, short enough. */
bool ink_is_class_name(const char *name, size_t len);

/*
 * The last `count` of a shuffle of the training pictures (seed, INK_FOR_HOLD_OUT) become the validation
 * pictures, in the order in which they lay, and are no longer trained on; those that were there are gone.
 * INK_E_ARGUMENT: count is 0, or leaves nothing to train on.
 */
ink_status ink_dataset_hold_out(ink_dataset *dataset, size_t count, uint64_t seed, ink_error *err);

/* ---- loader (src/data/load) ---- */

typedef struct ink_problem {
  char path[160];   /* cut if longer, at a UTF-8 boundary */
  char reason[160]; /* one clause, no full stop */
} ink_problem;

typedef struct ink_load_report {
  size_t bytes;        /* pushed so far, after decompression */
  size_t train, valid; /* pictures decoded so far */
  size_t unused_test;  /* test pictures that are not used, since there are validation pictures */
  size_t skipped;      /* files that were passed over, all of them */
  size_t litter;       /* files that nobody meant to be read; not among those skipped */
  size_t n_problems;   /* <= INK_PROBLEMS_NAMED */
  ink_problem problems[INK_PROBLEMS_NAMED];
} ink_load_report;

typedef struct ink_loader ink_loader;

/*
 * A loader collects a data set from one or more streams and changes nothing else until `finish`.
 *
 *   begin(name)   a stream starts: an archive, an IDX file, or one picture of a folder, whose name
 *                 is then its path. What it is is told by its first bytes, not by its name.
 *   push(bytes)   the next bytes of it, cut anywhere, already decompressed
 *   end()         it is complete
 *   finish(out)   sorts, names the classes, checks; *out is the caller's, with ink_dataset_free
 *
 * Archives: POSIX ustar, GNU long names (L, K), PAX path and size; links, devices and directories
 * are passed over. Pictures are `.../<role>/<class>/<file>.png` at any depth; <role>, in upper or lower case, is
 * training or train, validation, valid or val, testing or test. Test pictures are the validation pictures where there
 * are no others; else they are counted as `unused_test` and not kept. The classes are the folder names of the training
 * pictures, sorted as byte strings.
 * Litter is counted and not read: paths with a component that begins with a dot or is __MACOSX, Thumbs.db, desktop.ini.
 * The name of a stream without a folder in it was chosen by a person and is no litter if it is an archive or IDX file.
 * IDX: image and label files of each role, told unused_test by their magic numbers, and the roles by `train`, `t10k`, `test`
 * or `val` in the file's name, or where that says nothing in the names of its folders. Their classes are in numeric
 * order; EMNIST's `<set>-mapping.txt` beside them names the classes.
 * In a folder (streams whose names have a '/') a role has one source: pictures in folders, else IDX files, else the
 * archives. What is left out is counted as skipped and named.
 *
 * A picture that cannot be used is counted and named in the report, and the load goes on. An
 * archive that is cut short or damaged in its own structure fails: `push` or `end` returns
 * INK_E_DATA with the byte, and the loader can only be freed. No call keeps `bytes`.
 */
ink_status ink_loader_create(ink_loader **loader, ink_error *err);
void ink_loader_free(ink_loader *loader); /* takes NULL */
ink_status ink_loader_begin(ink_loader *loader, const char *name, ink_error *err);
ink_status ink_loader_push(ink_loader *loader, const uint8_t *bytes, size_t len, ink_error *err);
ink_status ink_loader_end(ink_loader *loader, ink_error *err);
/*
 * In place of `end`: the open stream's bytes cannot be read, or not all of them. A picture is skipped: the report
 * counts and names it with the reason. An archive or IDX file of which a part was read fails with INK_E_DATA.
 */
ink_status ink_loader_skip(ink_loader *loader, const char *reason, ink_error *err);
/* Returns false if the open stream is litter: its bytes need not be read. */
bool ink_loader_wants(const ink_loader *loader);
/* Classes whose names are all whole numbers get numeric order, though the names are those of folders. */
void ink_loader_number_classes(ink_loader *loader);
const ink_load_report *ink_loader_report(const ink_loader *loader);

/*
 * After the last stream, before `finish`: decides which pictures are taken. Then each class that was met can be given
 * another name, as with accents composed: classes of the same name become one. The class of one name is met again in
 * the validation pictures. NULL: there are no more.
 */
ink_status ink_loader_settle(ink_loader *loader, ink_error *err);
const char *ink_loader_class(ink_loader *loader, size_t index);
ink_status ink_loader_rename_class(ink_loader *loader, size_t index, const char *name,
                                   ink_error *err);

/*
 * Fails with INK_E_DATA: no pictures, no training or no validation pictures, fewer than
 * INK_MIN_CLASSES or more than INK_MAX_CLASSES classes (an IDX label above the limit counts), a
 * validation class that training has not (named), image and label counts that differ.
 */
ink_status ink_loader_finish(ink_loader *loader, ink_dataset **dataset, ink_error *err);

/* ---- augmentation (augment.c): fastai's aug_transforms, and the pieces it is made of ---- */

typedef enum ink_padding { INK_PAD_REFLECTION, INK_PAD_ZEROS, INK_PAD_BORDER } ink_padding;

/*
 * PyTorch's affine_grid: out[y][x] = theta (X, Y, 1), theta [2][3] row major; with align_corners
 * X = 2x/(width-1) - 1, else (2x+1)/width - 1.
 */
void ink_affine_grid(const float theta[6], size_t height, size_t width, bool align_corners,
                     float *grid);

/*
 * PyTorch's grid_sample, bilinear, of one channel: in [height][width], grid [count][2] of (x, y)
 * from -1 to 1, out [count]. Reflection is about the centres of the border pixels with
 * align_corners, about their edges without.
 */
void ink_grid_sample(const float *in, size_t height, size_t width, const float *grid, size_t count,
                     ink_padding padding, bool align_corners, float *out);

/* PyTorch's interpolate, bilinear, no antialiasing, of one channel. */
void ink_resize_bilinear(const float *in, size_t height, size_t width, float *out,
                         size_t out_height, size_t out_width, bool align_corners);

/* fastai's lighting, in logit space: sigmoid((logit(x) + logit(brightness)) * contrast). */
void ink_lighting(float *x, size_t count, double brightness, double contrast);

/*
 * fastai's affine map from output to input, coordinates from -1 to 1: m [2][3] row major. Seen from
 * the output the zoom (above 1: the picture grows) about (centre_x, centre_y), 0..1, acts first,
 * then the rotation in degrees, then the flip.
 */
void ink_affine_map(bool flip, double degrees, double zoom, double centre_x, double centre_y,
                    double m[6]);
/*
 * fastai's perspective warp: (x, y) goes to (c0 x + c1 y + c2, c3 x + c4 y + c5) / (c6 x + c7 y +
 * 1). `tilt_x` tilts the heights of the left and right sides, `tilt_y` the widths of top and
 * bottom; the identity where no such map is.
 */
void ink_warp_map(double tilt_x, double tilt_y, double c[8]);

/*
 * Resize(32), then aug_transforms(size=28, min_scale=0.75): flip, rotate, zoom and warp in one
 * resampling, a crop that is one for the batch, lighting (fastai 2.2.5: vision/augment.py).
 */
typedef struct ink_augmenter ink_augmenter;

/* A set of parts is their sum: fastai's, or digits' (distort.h). What is left out draws nothing; all else is drawn as if it were
 * there. */
enum {
  INK_AUGMENT_RESIZE = 1, /* to 32 x 32 and back, validation too: in every set */
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

/* strength  of digits' parts; 1: as ink_distort says */
ink_status ink_augmenter_create(ink_augmenter **augmenter, unsigned parts, double strength,
                                ink_error *err);
void ink_augmenter_free(ink_augmenter *augmenter); /* takes NULL */

enum { INK_AUGMENT_SIDE = 32 };
/* The part of the 32 x 32 picture that a batch sees. */
typedef struct ink_crop {
  size_t side, top, left;
} ink_crop;

/* All of it, as validation has it. */
static inline ink_crop ink_augment_whole(void)
{
  return (ink_crop){INK_AUGMENT_SIDE, 0, 0};
}
/* Drawn from `stream`, once for a batch. */
ink_crop ink_augment_crop(const ink_augmenter *augmenter, ink_random stream);

/*
 * One picture [INK_PIXELS] to [INK_PIXELS] floats of 0..1. `stream` is the item's own; NULL:
 * validation, resized and cropped only. Allocates nothing.
 */
void ink_augment(const ink_augmenter *augmenter, const ink_random *stream, ink_crop crop,
                 const uint8_t *picture, float *out);

/* ---- a person's digit (digit.c) ---- */

/*
 * Reads a drawing or photograph as MNIST's pictures were made: grey, polarity told by the border
 * (dark ink on light paper is inverted), ink found, cropped, scaled into 20 x 20 keeping its
 * shape (area average), centred by its centre of mass in 28 x 28.
 *
 *   rgba   [height][width][4], sides 1..INK_IMAGE_SIDE_MAX; transparent is white paper, or where
 *          that shows no ink, alpha is the ink (src/data/paper.h)
 *   out    [INK_PIXELS], ink light on black
 *
 * INK_E_DATA "no ink found" when the picture is of one colour or nearly so.
 */
ink_status ink_digit_prepare(const uint8_t *rgba, size_t width, size_t height,
                             uint8_t out[INK_PIXELS], ink_error *err);

enum { INK_DIGITS_MAX = 16, INK_DIGIT_BOX = 20 };

/* What a picture of one or more digits was read as, with the steps between. */
typedef struct ink_digits {
  size_t width, height;    /* of `grey`: the picture, shrunk if it was large */
  uint8_t *grey;           /* [height][width]: ink light on an even, dark ground */
  uint8_t raw[INK_PIXELS]; /* the picture as it came, only made small: none of the steps */
  size_t n;
  struct ink_digit {
    size_t left, top, right, bottom; /* in `grey`; right and bottom are behind the last pixel */
    uint8_t scaled[INK_DIGIT_BOX * INK_DIGIT_BOX];
    uint8_t picture[INK_PIXELS]; /* as ink_digit_prepare makes it */
  } digit[INK_DIGITS_MAX];       /* in reading order: rows, each from left to right */
} ink_digits;

/*
 * Reads a picture as ink_digit_prepare does, which is what it gives for a single digit; pieces of
 * ink beside each other that are about as tall are digits of their own. Pieces that are too wide for
 * one are cut where their ink hangs together by a single stroke, with something as tall as a digit on
 * either side; with `cut_all` also those that may be one.
 */
ink_status ink_digits_read(const uint8_t *rgba, size_t width, size_t height, bool cut_all,
                           ink_digits *out, ink_error *err);
/* Some are so wide that they may be several: worth reading with `cut_all`. */
bool ink_digits_may_touch(const ink_digits *digits);
void ink_digits_free(ink_digits *digits); /* what was never read must be all zero */

#endif
