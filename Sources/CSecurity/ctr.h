// AES-128 in counter mode as libipsec_mb computes it, where that library is on the machine: a packet takes
// it half of what OpenSSL needs, and one of sound a quarter, since it looks no parameters up by name.
#ifndef CSECURITY_CTR_H
#define CSECURITY_CTR_H

#include <stdint.h>

/// A key, expanded: 352 bytes.
struct ctr_key;

/// NULL where the library is not installed, is another version than this was compiled for, or cannot
/// run on this processor; or when no memory is left.
struct ctr_key *ctr_key_create(const uint8_t key[16]);

/// Cleanses and frees it. NULL is none.
void ctr_key_free(struct ctr_key *key);

/// The expanded key, as the library wants it.
const void *ctr_key_rounds(const struct ctr_key *key);

#endif
