/* The numbered byte stream that writer.c writes and check.c compares: unit after unit, each with its own number. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 120, LINES_PER_BLOCK = 546 };

struct stream {
  size_t unit;
  char *buffer;
};

static void put_number(char *at, uint64_t number) {
  for (int i = 11; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
}

/* "line": units of one 120-byte line. "block": units of 546 such lines, almost 64 KiB. */
static struct stream stream_new(const char *mode) {
  int lines = strcmp(mode, "block") == 0 ? LINES_PER_BLOCK : 1;
  struct stream s = {(size_t)lines * LINE, malloc((size_t)lines * LINE)};
  if (s.buffer == NULL) abort();
  for (int i = 0; i < lines; i++) {
    char *line = s.buffer + i * LINE;
    for (int j = 0; j < LINE; j++) line[j] = (char)('a' + (i + j) % 26);
    put_number(line, (uint64_t)i);
    line[12] = ' ';
    line[LINE - 1] = '\n';
  }
  return s;
}

/* Numbers the unit; only its first line carries the number, the others their place in the unit. */
static void stream_seek(struct stream *s, uint64_t index) { put_number(s->buffer, index); }
