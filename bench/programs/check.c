/* check MODE COUNT FROM FILE...: exit 0 if the files, one after the other, are the stream from byte FROM to its end; else says where not. */
#include "stream.h"

typedef unsigned long long number;

int main(int argc, char **argv) {
  if (argc < 5) return 91;
  struct stream s = stream_new(argv[1]);
  uint64_t count = strtoull(argv[2], NULL, 10), from = strtoull(argv[3], NULL, 10), unit = from / s.unit;
  size_t filled = from % s.unit;
  char *got = malloc(s.unit);
  stream_seek(&s, unit);
  memcpy(got, s.buffer, filled);
  for (int f = 4; f < argc; f++) {
    FILE *file = fopen(argv[f], "rb");
    if (file == NULL) return printf("%s cannot be read\n", argv[f]), 1;
    size_t n;
    while ((n = fread(got + filled, 1, s.unit - filled, file)) > 0) {
      filled += n;
      if (filled < s.unit) continue;
      stream_seek(&s, unit);
      if (unit >= count || memcmp(got, s.buffer, s.unit) != 0)
        return printf("%s: unit %llu of %llu is not what was written\n", argv[f], (number)unit, (number)count), 1;
      unit++;
      filled = 0;
    }
    fclose(file);
  }
  if (unit == count && filled == 0) return 0;
  return printf("%llu of %llu units, %zu bytes beside\n", (number)unit, (number)count, filled), 1;
}
