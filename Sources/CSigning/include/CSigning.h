// The boundary to Nettle's libhogweed (3.7 or later): ECDSA on P-384 (FIPS 186-4), whose signatures
// take it an eighth of OpenSSL 3.0's time and a quarter of BoringSSL's. Its curve arithmetic is free
// of branches and memory accesses that depend on secrets.
#ifndef ROSTRUM_C_SIGNING_H
#define ROSTRUM_C_SIGNING_H

#include <stdbool.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// A private key. Not changed after it was made: many threads may sign with it.
typedef struct c_rostrum_p384_key c_rostrum_p384_key;

/// The key with a big-endian scalar. NULL when that is no private key of P-384, or memory is short.
c_rostrum_p384_key *_Nullable c_rostrum_p384_key_create(const uint8_t scalar[_Nonnull 48]);

/// Overwrites and frees the key.
void c_rostrum_p384_key_free(c_rostrum_p384_key *key);

/// Signs a digest with a nonce of the system's randomness; r and s follow each other, both big-endian
/// (RFC 7518 section 3.4).
void c_rostrum_p384_sign(
    const c_rostrum_p384_key *key, const uint8_t digest[_Nonnull 48],
    uint8_t signature[_Nonnull 96]);

#pragma clang assume_nonnull end

#endif
