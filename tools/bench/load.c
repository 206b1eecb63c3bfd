/*
 * load.c - the yardstick for loading: a native loop of stb_image over an unpacked tar. Prints the
 * seconds that reading and decoding took, and the number of pictures.
 *   bench_load <file.tar>
 */
#define _POSIX_C_SOURCE 199309L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STBI_ONLY_PNG
#define STB_IMAGE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include <stb_image.h>
#pragma GCC diagnostic pop

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
  const double start = seconds();
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file) {
    fprintf(stderr, "usage: bench_load <file.tar>\n");
    return 2;
  }
  uint8_t head[512], *bytes = malloc(1 << 20);
  size_t pictures = 0;
  unsigned sum = 0;
  while (fread(head, 1, 512, file) == 512 && head[0]) {
    const size_t size = strtoul((char *)head + 124, NULL, 8), padded = (size + 511) / 512 * 512;
    if (padded > 1 << 20 || fread(bytes, 1, padded, file) != padded)
      return 1;
    int width, height, channels;
    uint8_t *pixels =
        size ? stbi_load_from_memory(bytes, (int)size, &width, &height, &channels, 1) : NULL;
    if (!pixels)
      continue;
    sum += pixels[width * height / 2];
    pictures++;
    stbi_image_free(pixels);
  }
  printf("%.6f %zu %u\n", seconds() - start, pictures, sum);
  free(bytes);
  fclose(file);
  return 0;
}
