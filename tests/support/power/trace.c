/* See trace.h. */
#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct header {
    char magic[8];
    uint32_t size; /* of the whole record */
    uint32_t thread;
    int64_t first, second;
    uint16_t path, other; /* lengths; the paths follow, relative to the folder, then the data */
    char kind, spare[3];
};

/* Copies: PostgreSQL writes its process title over the environment that getenv points into. */
static char folder[PATH_MAX], trace[PATH_MAX];
static size_t folder_length;

bool recording(void) { return folder_length != 0; }

__attribute__((constructor)) static void begin(void) {
    const char *which = getenv("GENBA_RECORD_FOLDER"), *where = getenv("GENBA_RECORD_TRACE");
    if (which == NULL || where == NULL || realpath(which, folder) == NULL) return;
    snprintf(trace, sizeof trace, "%s", where);
    folder_length = strlen(folder);
}

/* --- the trace */

void note(char kind, int64_t first, int64_t second, const char *path, const char *other,
          const struct iovec *data, int parts) {
    int before = errno;
    struct header header = {.magic = "\x93GENBA\r\n", .kind = kind, .first = first};
    struct iovec all[IOV_MAX];
    if (parts > IOV_MAX - 3) abort();
    header.second = second;
    header.thread = (uint32_t)syscall(SYS_gettid);
    header.path = (uint16_t)strlen(path);
    header.other = (uint16_t)strlen(other);
    all[0] = (struct iovec){&header, sizeof header};
    all[1] = (struct iovec){(void *)path, header.path};
    all[2] = (struct iovec){(void *)other, header.other};
    for (int i = 0; i < parts; i++) all[3 + i] = data[i];
    for (int i = 0; i < 3 + parts; i++) header.size += (uint32_t)all[i].iov_len;
    /* Opened anew each time: a kept descriptor could be closed by the program, whose next file
     * would then get our records. Plain system calls: nothing of the below sees them. */
    long fd = syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_writev, fd, all, 3 + parts) != (long)header.size) {
        static const char why[] = "recorder: the trace cannot be written\n";
        syscall(SYS_write, 2, why, sizeof why - 1);
        abort();
    }
    syscall(SYS_close, fd);
    errno = before;
}

void failed(int64_t done) { note('F', done < 0 ? -1 : done, 0, "", "", NULL, 0); }

/* --- names */

static const char *below(const char *path) {
    if (folder_length == 0 || strncmp(path, folder, folder_length) != 0) return NULL;
    if (path[folder_length] == '\0') return path + folder_length;
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static bool target(int fd, char *into) {
    char link[48];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, into, PATH_MAX - 1);
    into[length < 0 ? 0 : length] = '\0';
    return length > 0;
}

const char *name_of(int fd, char *into) {
    int before = errno;
    const char *name = folder_length != 0 && target(fd, into) ? below(into) : NULL;
    errno = before;
    return name;
}

const char *name_at(int at, const char *path, char *into) {
    int before = errno;
    char given[PATH_MAX] = "", parent[PATH_MAX];
    size_t length = strlen(path);
    const char *name = NULL;
    if (folder_length == 0 || length == 0) return NULL;
    if (path[0] != '/' && at != AT_FDCWD && !target(at, given)) return NULL;
    if (strlen(given) + length + 2 > sizeof given) return NULL;
    if (given[0] != '\0') strcat(given, "/");
    strcat(given, path);
    for (length = strlen(given); length > 1 && given[length - 1] == '/';) given[--length] = '\0';
    char *slash = strrchr(given, '/');
    const char *last = slash != NULL ? slash + 1 : given;
    if (slash != NULL) *slash = '\0';
    if (realpath(slash == NULL ? "." : slash == given ? "/" : given, parent) != NULL) {
        int used = snprintf(into, PATH_MAX, "%s/%s", parent[1] == '\0' ? "" : parent, last);
        name = used < PATH_MAX ? below(into) : NULL;
    }
    errno = before;
    return name;
}
