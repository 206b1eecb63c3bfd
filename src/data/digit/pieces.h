/*
 * pieces.h - connected pieces of the ink of a canvas, and the digits that they form. Private to
 * src/data/digit.
 */
#ifndef INK_PIECES_H
#define INK_PIECES_H

#include "canvas.h"

typedef struct ink_box {
  size_t left, top, right, bottom; /* right and bottom are one past the last pixel */
} ink_box;

typedef struct ink_piece {
  ink_box at;
  double ink;     /* sum of its pixels, 0..255 each */
  uint32_t label; /* label of its pixels on the canvas */
  bool touches_border;
} ink_piece;

enum {
  INK_EDGE = 2,        /* width in pixels of the paler edge around a piece, outside its box */
  INK_PIECES_MAX = 64, /* only the heaviest are kept */
  INK_NO_GROUP = -1
};

typedef struct ink_pieces {
  size_t n;
  ink_piece piece[INK_PIECES_MAX];
  int group[INK_PIECES_MAX]; /* the digit that each is a part of, from 0, or INK_NO_GROUP */
} ink_pieces;

/* Finds and labels the pieces. Other ink gets labels of its own or 0. */
void ink_pieces_find(ink_pieces *pieces, ink_canvas *c);

/*
 * Adds a piece, in place of the lightest if there are too many. Returns its index; SIZE_MAX: it was
 * the lightest.
 */
size_t ink_pieces_add(ink_pieces *pieces, ink_piece piece);

/* Makes group 0 of the main piece and the pieces that belong to it: one digit. */
void ink_pieces_group_one(ink_pieces *pieces);

/* Groups the pieces to digits beside each other. Returns how many, 0..INK_DIGITS_MAX. */
size_t ink_pieces_group_all(ink_pieces *pieces);

/* Returns the box around the pieces of a group. */
ink_box ink_pieces_box(const ink_pieces *pieces, int group);

/* Erases all ink of other groups. Returns the box around the rest, with its edges. */
ink_box ink_pieces_isolate(const ink_pieces *pieces, int group, ink_canvas *c);

/* Sets order [n] to the indices of boxes in reading order: row by row, each from left to right. */
void ink_reading_order(const ink_box *boxes, size_t n, int order[INK_DIGITS_MAX]);

/* Returns the box widened by so many pixels on each side, but not beyond the canvas. */
ink_box ink_box_widen(const ink_canvas *c, ink_box b, size_t by);

/*
 * Returns about how wide the strokes in a box are, in pixels: twice their area over their outline.
 */
double ink_stroke_width(const ink_canvas *c, ink_box b);

/*
 * Cuts pieces that are touching digits apart where that is clear (cut.c): too wide ones, or `all`
 * that may be several.
 */
void ink_pieces_cut(ink_pieces *pieces, bool all, ink_canvas *c);

#endif
