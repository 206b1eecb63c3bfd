/*
 * safetensors.h - the file format: eight bytes of header length, a JSON header, the tensors' bytes
 * (https://github.com/huggingface/safetensors). Private to this room.
 */
#ifndef INK_SAFETENSORS_H
#define INK_SAFETENSORS_H

#include "ink_base.h"

enum { INK_SAFE_NAME_MAX = 96, INK_SAFE_TENSORS_MAX = 8192, INK_SAFE_HEADER_MAX = 16 << 20 };

typedef enum ink_safe_type { INK_SAFE_F32, INK_SAFE_I64, INK_SAFE_OTHER } ink_safe_type;

typedef struct ink_safe_tensor {
  char name[INK_SAFE_NAME_MAX];
  ink_safe_type type;
  size_t n_dims, dims[4];
  size_t start, end; /* in the data */
  bool used;         /* set by the reader of the tensors */
} ink_safe_tensor;

typedef struct ink_safe_pair {
  const char *name, *value;
} ink_safe_pair;

typedef struct ink_safe_file {
  size_t n;
  ink_safe_tensor *tensors; /* sorted by name */
  const uint8_t *data;
  size_t data_len;
  size_t n_metadata;
  ink_safe_pair *metadata; /* sorted by name */
  char *texts;             /* the bytes of all names and values */
} ink_safe_file;

/*
 * Reads and checks all of the header: JSON that is nothing but the format's, texts of valid UTF-8,
 * no name twice, sizes that fit shapes, tensors that cover the data without gap or overlap. F32
 * values must be finite.
 * INK_E_DATA names the tensor or the byte. On failure all memory is freed. The time grows with n
 * log n of the file's bytes, whatever is in it.
 */
ink_status ink_safe_read(ink_safe_file *file, const uint8_t *bytes, size_t len, ink_error *err);
void ink_safe_release(ink_safe_file *file);

/* NULL if there is none. */
ink_safe_tensor *ink_safe_find(const ink_safe_file *file, const char *name);
const char *ink_safe_metadata(const ink_safe_file *file, const char *name);

#endif
