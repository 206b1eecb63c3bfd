/*
 * position.c - the text of a position in a run: a line `name=value` for each field, in the order of
 * the table (INK_PROGRESS).
 */
#include "checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads one line. Returns where the next one begins; NULL if this line is not the field's. */
static const char *parse_field(const char *text, const ink_progress_field *field, double *value)
{
  const size_t len = strlen(field->name);
  char *end;
  if (strncmp(text, field->name, len) != 0 || text[len] != '=')
    return NULL;
  *value = strtod(text + len + 1, &end);
  return *end == '\n' ? end + 1 : NULL;
}

ink_status ink_progress_parse(const char *text, ink_progress *progress, ink_error *err)
{
  size_t n = 0;
  for (const ink_progress_field *field; (field = ink_progress_field_at(n)); n++) {
    double *value = ink_progress_value(progress, field);
    const char *next = parse_field(text, field, value);
    if (next) {
      text = next;
      continue;
    }
    if (isnan(field->initial))
      return ink_fail(err, INK_E_DATA, "the checkpoint does not say its %s", field->name);
    *value = field->initial; /* an older file */
  }
  return *text ? ink_fail(err, INK_E_DATA,
                          "the checkpoint's position has more than its %zu numbers", n)
               : INK_OK;
}
