#define _GNU_SOURCE
#include "CAllocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t count;

static void note(void) { atomic_fetch_add_explicit(&count, 1, memory_order_relaxed); }

uint64_t c_rostrum_allocations(void) {
    return atomic_load_explicit(&count, memory_order_relaxed);
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    note();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size) {
    note();
    return __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    note();
    *out = __libc_memalign(alignment, size);
    return *out == NULL ? ENOMEM : 0;
}

// MARK: - Copies

typedef void *copy_function(void *, const void *, size_t);

static _Atomic uint64_t copied;
static _Atomic(copy_function *) real_memmove;
static _Atomic int is_looking;

uint64_t c_rostrum_copied_bytes(void) {
    return atomic_load_explicit(&copied, memory_order_relaxed);
}

// For the few copies before glibc's own is found, which finding it takes. Volatile, because the
// compiler would make a call of memmove of it.
static void *copy_slowly(void *to, const void *from, size_t size) {
    volatile unsigned char *target = to;
    const volatile unsigned char *source = from;
    if (target < source) {
        for (size_t index = 0; index < size; index += 1) target[index] = source[index];
    } else {
        for (size_t index = size; index > 0; index -= 1) target[index - 1] = source[index - 1];
    }
    return to;
}

static copy_function *find_memmove(void) {
    if (atomic_exchange(&is_looking, 1)) return copy_slowly;
    copy_function *found = (copy_function *)dlsym(RTLD_NEXT, "memmove");
    if (!found) found = copy_slowly;
    atomic_store(&real_memmove, found);
    return found;
}

static void *copy(void *to, const void *from, size_t size) {
    copy_function *real = atomic_load_explicit(&real_memmove, memory_order_relaxed);
    if (!real) real = find_memmove();
    atomic_fetch_add_explicit(&copied, size, memory_order_relaxed);
    return real(to, from, size);
}

void *memmove(void *to, const void *from, size_t size) { return copy(to, from, size); }

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    return copy(to, from, size);
}
