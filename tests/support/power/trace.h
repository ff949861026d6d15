/* The trace: one record an operation, and which files it is about. One record is one writev to an
 * O_APPEND file, so the records of several threads and processes have one order. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#pragma GCC visibility push(hidden) /* the program may have functions of these names */

bool recording(void);

/* Append a record. Keeps errno. */
void note(char kind, int64_t first, int64_t second, const char *path, const char *other,
          const struct iovec *data, int parts);

/* Take back what this thread noted last, but for `done` bytes of it. Keeps errno. */
void failed(int64_t done);

/* The name of an open file below the folder, or NULL. One that was unlinked ends in " (deleted)". */
const char *name_of(int fd, char *into);

/* The name that `path` has below the folder, whether it exists or not, or NULL. */
const char *name_at(int at, const char *path, char *into);

#pragma GCC visibility pop
