/* Calls the function of the same name in the next library. */
#pragma once
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>

_Static_assert(sizeof(off_t) == 8, "the names with and without 64 are taken for the same");

static inline void *next(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) abort();
    return found;
}

/* The function of that name in the next library, looked up once. */
#define NEXT(name)                                                     \
    ({                                                                 \
        static __typeof__(&name) found;                                \
        if (found == NULL) found = (__typeof__(&name))next(#name);     \
        found;                                                         \
    })

/* The same function under a second name. */
#define ALSO(name) __attribute__((alias(#name)))
