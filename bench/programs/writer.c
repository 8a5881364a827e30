/* writer NAME FIFO GO MODE COUNT: waits until somebody opens the FIFO GO, then writes COUNT units to stdout. */
#include "announce.h"
#include "stream.h"

int main(int argc, char **argv) {
  if (argc < 6) return 91;
  const char *name = argv[1], *fifo = argv[2];
  struct stream s = stream_new(argv[4]);
  uint64_t count = strtoull(argv[5], NULL, 10);
  announce(fifo, 'R', name);
  if (open(argv[3], O_RDONLY | O_CLOEXEC) < 0) return 92;
  announce(fifo, 'B', name);
  for (uint64_t i = 0; i < count; i++) {
    stream_seek(&s, i);
    for (size_t done = 0; done < s.unit;) {
      ssize_t n = write(1, s.buffer + done, s.unit - done);
      if (n < 0) return 93;
      done += (size_t)n;
    }
  }
  announce(fifo, 'E', name);
  for (;;) pause();
}
