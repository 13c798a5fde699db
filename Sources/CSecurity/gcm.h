// AES-128-GCM as libipsec_mb computes it, where that library is on the machine.
#ifndef CSECURITY_GCM_H
#define CSECURITY_GCM_H

#include <stddef.h>
#include <stdint.h>

/// A key, expanded: about 1 kB.
struct gcm_key;

/// NULL where the library is not installed, is another version than this was compiled for, or cannot
/// run on this processor; or when no memory is left.
struct gcm_key *gcm_key_create(const uint8_t key[16]);

/// Cleanses and frees it. NULL is none.
void gcm_key_free(struct gcm_key *key);

/// Encrypts the `clear_count` bytes at `out` in place and `payload` to behind them, and writes the tag of
/// 16 bytes.
void gcm_seal(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    size_t clear_count, const uint8_t *payload, size_t payload_count, uint8_t *out, uint8_t tag[16]);

/// Decrypts to `out`, and writes the tag that the sealed bytes should have.
void gcm_open(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    const uint8_t *sealed, size_t count, uint8_t *out, uint8_t tag[16]);

#endif
