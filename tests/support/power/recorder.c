/* Records what a program does to the files below one folder, for support.power.disk: their contents.
 *
 * A preload library: each function below notes the operation in the trace, then lets the next
 * library perform it. An operation is noted before it happens, so that whatever a completed sync
 * covers stands in front of that sync. One that fails, or is done in part, is taken back by an
 * 'F' record of the same thread. Ignored: shared mappings, which nothing in the product needs on
 * disk, and io_uring. What would change files in a way that support.power.disk does not understand
 * fails, as it does on some file systems, rather than go unnoticed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next.h"
#include "trace.h"

/* --- what is written */

static bool writing(int fd, off_t offset, const struct iovec *data, int parts) {
    char space[PATH_MAX];
    const char *name = name_of(fd, space);
    int flags = name != NULL ? fcntl(fd, F_GETFL) : 0;
    if (name == NULL) return false;
    if (flags & O_APPEND) offset = -1; /* for pwrite as well, on Linux */
    else if (offset < 0) offset = lseek(fd, 0, SEEK_CUR);
    /* O_SYNC contains O_DSYNC. */
    note('W', offset, (flags & O_DSYNC) != 0, name, "", data, parts);
    return true;
}

static ssize_t written(int fd, bool noted, const struct iovec *data, int parts, ssize_t done) {
    ssize_t asked = 0;
    if (!noted) return done;
    for (int i = 0; i < parts; i++) asked += (ssize_t)data[i].iov_len;
    if (done < asked) failed(done);
    if (done > 0 && fcntl(fd, F_GETFL) & O_DSYNC) note('D', 0, 0, "", "", NULL, 0);
    return done;
}

ssize_t write(int fd, const void *data, size_t size) {
    struct iovec part = {(void *)data, size};
    bool noted = writing(fd, -1, &part, 1);
    return written(fd, noted, &part, 1, NEXT(write)(fd, data, size));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
    struct iovec part = {(void *)data, size};
    bool noted = writing(fd, offset, &part, 1);
    return written(fd, noted, &part, 1, NEXT(pwrite)(fd, data, size, offset));
}
ssize_t pwrite64(int, const void *, size_t, off64_t) ALSO(pwrite);

ssize_t writev(int fd, const struct iovec *data, int parts) {
    bool noted = writing(fd, -1, data, parts);
    return written(fd, noted, data, parts, NEXT(writev)(fd, data, parts));
}

ssize_t pwritev(int fd, const struct iovec *data, int parts, off_t offset) {
    bool noted = writing(fd, offset, data, parts);
    return written(fd, noted, data, parts, NEXT(pwritev)(fd, data, parts, offset));
}
ssize_t pwritev64(int, const struct iovec *, int, off64_t) ALSO(pwritev);

ssize_t pwritev2(int fd, const struct iovec *data, int parts, off_t offset, int flags) {
    char space[PATH_MAX];
    if (flags != 0 && name_of(fd, space) != NULL) return errno = EOPNOTSUPP, -1;
    bool noted = writing(fd, offset, data, parts);
    return written(fd, noted, data, parts, NEXT(pwritev2)(fd, data, parts, offset, flags));
}
ssize_t pwritev64v2(int, const struct iovec *, int, off64_t, int) ALSO(pwritev2);

/* What stdio writes goes past `write`: the whole file is noted where its buffer is emptied. */
static void stream(FILE *file) {
    char space[PATH_MAX], self[48];
    int fd = file != NULL ? fileno(file) : -1;
    const char *name = fd >= 0 ? name_of(fd, space) : NULL;
    struct stat found;
    if (name == NULL || (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) return;
    if (NEXT(fflush)(file) != 0 || fstat(fd, &found) != 0 || found.st_size == 0) return;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int reading = (int)syscall(SYS_openat, AT_FDCWD, self, O_RDONLY | O_CLOEXEC);
    void *whole = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, reading, 0);
    if (whole == MAP_FAILED) abort();
    struct iovec part = {whole, (size_t)found.st_size};
    note('W', 0, 0, name, "", &part, 1);
    munmap(whole, (size_t)found.st_size);
    syscall(SYS_close, reading);
}

int fflush(FILE *file) {
    stream(file);
    return NEXT(fflush)(file);
}

int fclose(FILE *file) {
    stream(file);
    return NEXT(fclose)(file);
}

/* --- what is synced */

static int synced(bool noted, int result) {
    if (noted && result == 0) note('D', 0, 0, "", "", NULL, 0);
    else if (noted) failed(-1);
    return result;
}

static bool syncing(int fd, int64_t only_data) {
    char space[PATH_MAX];
    const char *name = name_of(fd, space);
    if (name != NULL) note('S', only_data, 0, name, "", NULL, 0);
    return name != NULL;
}

int fsync(int fd) {
    bool noted = syncing(fd, 0);
    return synced(noted, NEXT(fsync)(fd));
}

int fdatasync(int fd) {
    bool noted = syncing(fd, 1);
    return synced(noted, NEXT(fdatasync)(fd));
}

/* The whole file system; sync_file_range promises nothing and is not noted. */
int syncfs(int fd) {
    char space[PATH_MAX];
    bool noted = name_of(fd, space) != NULL;
    if (noted) note('Y', 0, 0, "", "", NULL, 0);
    return synced(noted, NEXT(syncfs)(fd));
}

void sync(void) {
    if (recording()) note('Y', 0, 0, "", "", NULL, 0);
    NEXT(sync)();
    synced(recording(), 0);
}

/* --- sizes */

static int resized(bool noted, int result) {
    if (noted && result != 0) failed(-1);
    return result;
}

int ftruncate(int fd, off_t size) {
    char space[PATH_MAX];
    const char *name = name_of(fd, space);
    if (name != NULL) note('T', size, 0, name, "", NULL, 0);
    return resized(name != NULL, NEXT(ftruncate)(fd, size));
}
int ftruncate64(int, off64_t) ALSO(ftruncate);

int truncate(const char *path, off_t size) {
    char space[PATH_MAX];
    const char *name = name_at(AT_FDCWD, path, space);
    if (name != NULL) note('T', size, 0, name, "", NULL, 0);
    return resized(name != NULL, NEXT(truncate)(path, size));
}
int truncate64(const char *, off64_t) ALSO(truncate);

int posix_fallocate(int fd, off_t offset, off_t length) {
    char space[PATH_MAX];
    const char *name = name_of(fd, space);
    if (name != NULL) note('A', offset + length, 0, name, "", NULL, 0);
    return resized(name != NULL, NEXT(posix_fallocate)(fd, offset, length));
}
int posix_fallocate64(int, off64_t, off64_t) ALSO(posix_fallocate);

int fallocate(int fd, int mode, off_t offset, off_t length) {
    char space[PATH_MAX];
    const char *name = name_of(fd, space);
    if (name != NULL && (mode & ~FALLOC_FL_KEEP_SIZE)) return errno = EOPNOTSUPP, -1;
    bool noted = name != NULL && mode == 0;
    if (noted) note('A', offset + length, 0, name, "", NULL, 0);
    return resized(noted, NEXT(fallocate)(fd, mode, offset, length));
}
int fallocate64(int, int, off64_t, off64_t) ALSO(fallocate);

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
    char space[PATH_MAX];
    if (name_of(out, space) != NULL) return errno = ENOSYS, -1;
    return NEXT(copy_file_range)(in, from, out, to, size, flags);
}

ssize_t sendfile(int out, int in, off_t *from, size_t size) {
    char space[PATH_MAX];
    if (name_of(out, space) != NULL) return errno = ENOSYS, -1;
    return NEXT(sendfile)(out, in, from, size);
}
ssize_t sendfile64(int, int, off64_t *, size_t) ALSO(sendfile);
