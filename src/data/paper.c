/*
 * paper.c - see paper.h.
 */
#include "paper.h"

enum {
  EVEN_CONTRAST = 24,
  UNEVEN_CONTRAST = 40, /* in a photograph, noise in shadows is a large share of the light */
  ONE_COLOUR = 16       /* grey levels by which lossy compression changes a colour, at most */
};

unsigned ink_min_contrast(size_t width, size_t height)
{
  return width >= INK_UNEVEN_FROM && height >= INK_UNEVEN_FROM ? UNEVEN_CONTRAST : EVEN_CONTRAST;
}

static unsigned range_width(const ink_range *range)
{
  return range->most > range->least ? (unsigned)(range->most - range->least) : 0;
}

bool ink_paper_alpha_is_ink(const ink_paper *paper, size_t width, size_t height)
{
  const unsigned least = ink_min_contrast(width, height);
  return range_width(&paper->alpha) >= least && range_width(&paper->grey) < least &&
         range_width(&paper->colour) <= ONE_COLOUR;
}
