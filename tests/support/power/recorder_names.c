/* Records what a program does to the names below the folder; see recorder.c. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "next.h"
#include "trace.h"

static bool opening(int at, const char *path, int flags, int mode) {
    char space[PATH_MAX];
    const char *name = flags & (O_CREAT | O_TRUNC) ? name_at(at, path, space) : NULL;
    if (name != NULL) note('O', flags, mode, name, "", NULL, 0);
    return name != NULL;
}

static int opened(int at, const char *path, int flags, int mode) {
    char space[PATH_MAX];
    if ((flags & O_TMPFILE) == O_TMPFILE && name_at(at, path, space) != NULL)
        return errno = EOPNOTSUPP, -1;
    bool noted = opening(at, path, flags, mode);
    int fd = NEXT(openat)(at, path, flags, mode);
    if (noted && fd < 0) failed(-1);
    return fd;
}

static int mode_of(int flags, va_list rest) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, int) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = mode_of(flags, rest);
    va_end(rest);
    return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char *, int, ...) ALSO(open);

int openat(int at, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    int mode = mode_of(flags, rest);
    va_end(rest);
    return opened(at, path, flags, mode);
}
int openat64(int, const char *, int, ...) ALSO(openat);

int creat(const char *path, mode_t mode) {
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, (int)mode);
}
int creat64(const char *, mode_t) ALSO(creat);

/* What a caller that was compiled with _FORTIFY_SOURCE uses where no mode is given. */
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *, int) ALSO(__open_2);
int __openat_2(int at, const char *path, int flags) { return opened(at, path, flags, 0); }
int __openat64_2(int, const char *, int) ALSO(__openat_2);

FILE *fopen(const char *path, const char *mode) {
    int flags = mode[0] == 'w' ? O_CREAT | O_TRUNC : mode[0] == 'a' ? O_CREAT : 0;
    bool noted = opening(AT_FDCWD, path, flags, 0666);
    FILE *file = NEXT(fopen)(path, mode);
    if (noted && file == NULL) failed(-1);
    return file;
}
FILE *fopen64(const char *, const char *) ALSO(fopen);

static int ended(bool noted, int result) {
    if (noted && result != 0) failed(-1);
    return result;
}

/* An operation on one name: 'U'nlink, 'K' rmdir, 'M'kdir. */
static int named(char kind, int at, const char *path, mode_t mode) {
    char space[PATH_MAX];
    const char *name = name_at(at, path, space);
    if (name != NULL) note(kind, 0, mode, name, "", NULL, 0);
    return ended(name != NULL, kind == 'M' ? NEXT(mkdirat)(at, path, mode)
                                             : NEXT(unlinkat)(at, path, kind == 'K' ? AT_REMOVEDIR : 0));
}

int mkdir(const char *path, mode_t mode) { return named('M', AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return named('M', at, path, mode); }
int unlink(const char *path) { return named('U', AT_FDCWD, path, 0); }
int rmdir(const char *path) { return named('K', AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) {
    return named(flags & AT_REMOVEDIR ? 'K' : 'U', at, path, 0);
}
int remove(const char *path) {
    struct stat found;
    return lstat(path, &found) == 0 && S_ISDIR(found.st_mode) ? rmdir(path) : unlink(path);
}

/* An operation on two names; across the folder's edge it fails as between file systems. */
static int moved(char kind, int from, const char *old, int to, const char *new, int flags) {
    char one[PATH_MAX], two[PATH_MAX];
    const char *source = name_at(from, old, one), *goal = name_at(to, new, two);
    if ((source == NULL) != (goal == NULL)) return errno = EXDEV, -1;
    if (source != NULL) note(kind, 0, 0, source, goal, NULL, 0);
    return ended(source != NULL, kind == 'L' ? NEXT(linkat)(from, old, to, new, flags)
                                               : NEXT(renameat)(from, old, to, new));
}

int rename(const char *old, const char *new) {
    return moved('R', AT_FDCWD, old, AT_FDCWD, new, 0);
}
int renameat(int from, const char *old, int to, const char *new) {
    return moved('R', from, old, to, new, 0);
}
int link(const char *old, const char *new) { return moved('L', AT_FDCWD, old, AT_FDCWD, new, 0); }
int linkat(int from, const char *old, int to, const char *new, int flags) {
    return moved('L', from, old, to, new, flags);
}

static bool inside(int at, const char *path) {
    char space[PATH_MAX];
    return name_at(at, path, space) != NULL;
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    if (inside(from, old) || inside(to, new)) return errno = EINVAL, -1;
    return NEXT(renameat2)(from, old, to, new, flags);
}

int symlinkat(const char *to, int at, const char *path) {
    if (inside(at, path)) return errno = EPERM, -1;
    return NEXT(symlinkat)(to, at, path);
}
int symlink(const char *to, const char *path) { return symlinkat(to, AT_FDCWD, path); }
