/* kinds.h - names the kind of a file that is not a PNG. Private to src/data. */
#ifndef INK_KINDS_H
#define INK_KINDS_H

#include "ink_data.h"

/* Returns INK_E_DATA with a clause that says what the file is and what to do. */
ink_status ink_not_a_png(const uint8_t *bytes, size_t len, ink_error *err);

#endif
