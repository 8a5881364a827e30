/* child NAME FIFO [EXITCODE]: says that it runs, then sleeps until a signal ends it, or exits at once. */
#include "announce.h"

int main(int argc, char **argv) {
  if (argc < 3) return 91;
  announce(argv[2], 'R', argv[1]);
  if (argc > 3) return atoi(argv[3]);
  for (;;) pause();
}
