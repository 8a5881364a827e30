/* check MODE COUNT FILE...: exit 0 if the files, one after the other, are exactly the stream; else says where not. */
#include "stream.h"

int main(int argc, char **argv) {
  if (argc < 4) return 91;
  struct stream s = stream_new(argv[1]);
  uint64_t count = strtoull(argv[2], NULL, 10), unit = 0;
  size_t filled = 0;
  char *got = malloc(s.unit);
  for (int f = 3; f < argc; f++) {
    FILE *file = fopen(argv[f], "rb");
    if (file == NULL) return perror(argv[f]), 1;
    size_t n;
    while ((n = fread(got + filled, 1, s.unit - filled, file)) > 0) {
      filled += n;
      if (filled < s.unit) continue;
      stream_seek(&s, unit);
      if (unit >= count || memcmp(got, s.buffer, s.unit) != 0)
        return printf("unit %llu of %llu is not what was written\n", (unsigned long long)unit, (unsigned long long)count), 1;
      unit++;
      filled = 0;
    }
    fclose(file);
  }
  if (unit == count && filled == 0) return 0;
  return printf("%llu of %llu units, %zu bytes beside\n", (unsigned long long)unit, (unsigned long long)count, filled), 1;
}
