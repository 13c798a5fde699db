// Counts what the process asks of the allocator. Only benchmarks link it: it puts itself before
// glibc's malloc for the whole process.
#ifndef C_ROSTRUM_ALLOCATIONS_H
#define C_ROSTRUM_ALLOCATIONS_H

#include <stdint.h>

// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign since the start.
uint64_t c_rostrum_allocations(void);

#endif
