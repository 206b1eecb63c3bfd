/*
 * pieces.h - connected parts of the ink of a canvas, and which of them are a digit together.
 */
#ifndef INK_PIECES_H
#define INK_PIECES_H

#include "canvas.h"

typedef struct ink_box {
  size_t left, top, right, bottom; /* right and bottom are behind the last pixel */
} ink_box;

typedef struct ink_piece {
  ink_box at;
  double ink;     /* sum of its pixels, 0 .. 255 each */
  uint32_t label; /* of its pixels on the canvas */
  bool touches_border;
} ink_piece;

enum {
  INK_EDGE = 2,        /* pixels of paler ink around a piece, beyond its box */
  INK_PIECES_MAX = 64, /* the heaviest are kept */
  INK_NO_GROUP = -1
};

typedef struct ink_pieces {
  size_t n;
  ink_piece piece[INK_PIECES_MAX];
  int group[INK_PIECES_MAX]; /* which digit each is a part of, from 0, or INK_NO_GROUP */
} ink_pieces;

/* Labels the canvas. Pixels that are no part of the pieces that were kept have labels of their own,
 * or 0. */
void ink_pieces_find(ink_pieces *pieces, ink_canvas *c);

/* One more, in the place of the lightest where there are too many; SIZE_MAX: that is this one. */
size_t ink_pieces_add(ink_pieces *pieces, ink_piece piece);

/* One digit, group 0: the main piece and what belongs to it. */
void ink_pieces_group_one(ink_pieces *pieces);

/* Digits beside each other, at most INK_DIGITS_MAX; returns how many, which may be none. */
size_t ink_pieces_group_all(ink_pieces *pieces);

/* Where the pieces of a group lie. */
ink_box ink_pieces_box(const ink_pieces *pieces, int group);

/* Erases all ink that is not of the group; returns where it is, edges too. */
ink_box ink_pieces_isolate(const ink_pieces *pieces, int group, ink_canvas *c);

/* Indices of boxes in the order in which they are read: rows, and in each from left to right. */
void ink_reading_order(const ink_box *boxes, size_t n, int order[INK_DIGITS_MAX]);

/* Larger by so many pixels on each side, as far as the canvas goes. */
ink_box ink_box_widen(const ink_canvas *c, ink_box b, size_t by);

/* About how wide the strokes in a box are: twice their area over their outline. */
double ink_stroke_width(const ink_canvas *c, ink_box b);

/*
 * Cuts pieces that are digits touching each other apart (cut.c), where that is clear: those that
 * are too wide for one, or `all` that may be several.
 */
void ink_pieces_cut(ink_pieces *pieces, bool all, ink_canvas *c);

#endif
