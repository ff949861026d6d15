/* A pretended machine below one process: its clocks, its boot, and its free disk space.
 *
 * Preloaded, it answers for the C library what a Pi's hardware would: CLOCK_REALTIME and
 * CLOCK_BOOTTIME are moved, adjtimex tells whether NTP keeps the clock, the kernel's boot id is
 * read from another file, and on a full disk a file below the folder does not grow. The control
 * file is mapped: the test moves things while the process runs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NANO 1000000000LL
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

struct control { /* as tests/support/pretend/__init__.py writes it */
    int64_t wall_ns;
    int64_t boot_ns;
    int64_t unsynchronised;
    int64_t full;
};

static volatile struct control *control;
static char boot_id[PATH_MAX], folder[PATH_MAX];

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("GENBA_PRETEND_CONTROL"), *below = getenv("GENBA_PRETEND_FOLDER");
    if (path == NULL || below == NULL) return;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) abort();
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED) abort();
    snprintf(boot_id, sizeof boot_id, "%s.boot_id", path);
    snprintf(folder, sizeof folder, "%s/", below);
    control = mapped;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

static int64_t moved_by(clockid_t clock) {
    if (control == NULL) return 0;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) return control->wall_ns;
    return clock == CLOCK_BOOTTIME ? control->boot_ns : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(clock_gettime);
    int answer = real(clock, now);
    int64_t by = moved_by(clock);
    if (answer == 0 && by != 0) {
        int64_t nanoseconds = now->tv_sec * NANO + now->tv_nsec + by;
        now->tv_sec = nanoseconds / NANO;
        now->tv_nsec = nanoseconds % NANO;
    }
    return answer;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec precise;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into != NULL) *into = now.tv_sec;
    return now.tv_sec;
}

int adjtimex(struct timex *timex) {
    REAL(adjtimex);
    if (control == NULL) return real(timex);
    timex->status = control->unsynchronised ? STA_UNSYNC : 0;
    return control->unsynchronised ? TIME_ERROR : TIME_OK;
}

static const char *instead_of(const char *path) {
    return control != NULL && path != NULL && strcmp(path, BOOT_ID) == 0 ? boot_id : path;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        return real(instead_of(path), flags, mode); \
    }
OPEN(open)
OPEN(open64)

/* On a full disk what is there can be overwritten; only growing needs a free block. */
static int refused(int fd, int64_t offset, int64_t length) {
    char link[64], path[PATH_MAX];
    struct stat file;
    if (control == NULL || !control->full || length <= 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t read = readlink(link, path, sizeof path - 1);
    if (read < 0) return 0;
    path[read] = 0;
    if (strncmp(path, folder, strlen(folder)) != 0 || fstat(fd, &file) != 0) return 0;
    if (!S_ISREG(file.st_mode)) return 0;
    if (offset < 0) offset = lseek(fd, 0, SEEK_CUR);
    if (offset + length <= file.st_size) return 0;
    errno = ENOSPC;
    return 1;
}

static int64_t sum(const struct iovec *parts, int count) {
    int64_t length = 0;
    for (int i = 0; i < count; i++) length += (int64_t)parts[i].iov_len;
    return length;
}

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    return refused(fd, -1, (int64_t)length) ? -1 : real(fd, data, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    return refused(fd, -1, sum(parts, count)) ? -1 : real(fd, parts, count);
}

#define PWRITE(name, type) \
    ssize_t name(int fd, const void *data, size_t length, type offset) { \
        REAL(name); \
        return refused(fd, offset, (int64_t)length) ? -1 : real(fd, data, length, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define TRUNCATE(name, type) \
    int name(int fd, type length) { \
        REAL(name); \
        return refused(fd, 0, length) ? -1 : real(fd, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* posix_fallocate returns its error instead of setting errno. */
#define FALLOCATE(name, type) \
    int name(int fd, type offset, type length) { \
        REAL(name); \
        return refused(fd, offset, length) ? ENOSPC : real(fd, offset, length); \
    }
FALLOCATE(posix_fallocate, off_t)
FALLOCATE(posix_fallocate64, off64_t)
