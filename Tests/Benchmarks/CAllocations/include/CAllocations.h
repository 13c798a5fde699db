// Counts what the process asks of the allocator, and what it copies. Only benchmarks link it: it puts
// itself before glibc's malloc and memcpy for the whole process.
#ifndef C_ROSTRUM_ALLOCATIONS_H
#define C_ROSTRUM_ALLOCATIONS_H

#include <stdint.h>

// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign since the start.
uint64_t c_rostrum_allocations(void);

// Bytes that memcpy and memmove were called for since the start; copies of a few bytes that the compiler
// writes out itself are not among them.
uint64_t c_rostrum_copied_bytes(void);

#endif
