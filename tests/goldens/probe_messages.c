/*
 * probe_messages.c - reads the fields of a request and writes those of a response (probe.c has
 * their format).
 */
#include "probe.h"

/* ---- messages ---- */

static struct {
  uint32_t n;
  struct {
    const char *name;
    uint32_t type, count;
    const void *data;
  } field[PROBE_FIELDS];
} request;
uint8_t *response;
size_t response_len;
static size_t response_capacity;

bool parse(const uint8_t *bytes, size_t len)
{
  size_t at = 4;
  if (len < 4)
    return false;
  memcpy(&request.n, bytes, 4);
  if (request.n > PROBE_FIELDS)
    return false;
  for (uint32_t i = 0; i < request.n; i++) {
    if (len - at < PROBE_NAME + 8)
      return false;
    uint32_t type, count;
    memcpy(&type, bytes + at + PROBE_NAME, 4);
    memcpy(&count, bytes + at + PROBE_NAME + 4, 4);
    request.field[i].name = (const char *)bytes + at;
    request.field[i].type = type;
    request.field[i].count = count;
    at += PROBE_NAME + 8;
    const size_t size = (size_t)count * (type <= PROBE_I32 ? 4 : 1);
    if (type > PROBE_TEXT || size > len - at)
      return false;
    request.field[i].data = bytes + at;
    at += (size + 3) / 4 * 4;
  }
  return true;
}

/* Returns a field of the request; NULL if there is none of that name. */
static const void *find(const char *name, uint32_t type, size_t *count)
{
  for (uint32_t i = 0; i < request.n; i++)
    if (request.field[i].type == type && strncmp(request.field[i].name, name, PROBE_NAME) == 0) {
      if (count)
        *count = request.field[i].count;
      return request.field[i].data;
    }
  if (count)
    *count = 0;
  return NULL;
}

const float *probe_floats(const char *name, size_t *count)
{
  return find(name, PROBE_F32, count);
}

const int32_t *probe_ints(const char *name, size_t *count)
{
  return find(name, PROBE_I32, count);
}

const uint8_t *probe_bytes(const char *name, size_t *count)
{
  return find(name, PROBE_U8, count);
}

const char *probe_text(const char *name)
{
  return find(name, PROBE_TEXT, NULL);
}

double probe_number(const char *name, double otherwise)
{
  const char *text = probe_text(name);
  return text ? strtod(text, NULL) : otherwise;
}

void *answer(const char *name, uint32_t type, size_t count, size_t size)
{
  const size_t whole = PROBE_NAME + 8 + (size + 3) / 4 * 4;
  if (response_len + whole > response_capacity) {
    response_capacity = 2 * (response_len + whole);
    response = realloc(response, response_capacity);
  }
  uint8_t *field = response + response_len;
  memset(field, 0, whole);
  snprintf((char *)field, PROBE_NAME, "%s", name);
  memcpy(field + PROBE_NAME, &type, 4);
  const uint32_t n = (uint32_t)count;
  memcpy(field + PROBE_NAME + 4, &n, 4);
  response_len += whole;
  uint32_t fields;
  memcpy(&fields, response, 4);
  fields++;
  memcpy(response, &fields, 4);
  return field + PROBE_NAME + 8;
}

float *probe_answer(const char *name, size_t count)
{
  return answer(name, PROBE_F32, count, count * sizeof(float));
}

uint8_t *probe_answer_bytes(const char *name, size_t count)
{
  return answer(name, PROBE_U8, count, count);
}

void start_response(void)
{
  if (response_capacity < 4)
    response = realloc(response, response_capacity = 4096);
  memset(response, 0, 4);
  response_len = 4;
}

void probe_refuse(const char *format, ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  const int len = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  start_response();
  memcpy(answer("error", PROBE_TEXT, (size_t)len, (size_t)len + 1), text, (size_t)len);
}
