/* How a bench program tells the bench what it does: one line "KIND NAME PID NANOSECONDS" into a shared FIFO. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void announce(const char *fifo, char kind, const char *name) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  char line[256];
  int length = snprintf(line, sizeof line, "%c %s %d %lld\n", kind, name, (int)getpid(),
                        (long long)now.tv_sec * 1000000000LL + now.tv_nsec);
  int fd = open(fifo, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, line, (size_t)length) != length) _exit(90);
  close(fd);
}
