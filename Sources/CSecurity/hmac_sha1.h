// HMAC-SHA1 with the key's two pads already hashed: two struct copies a message instead of two
// compressions and a context (measured about 25 % less for a 1200-byte packet than HMAC_CTX).
#ifndef ROSTRUM_HMAC_SHA1_H
#define ROSTRUM_HMAC_SHA1_H

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <string.h>

struct hmac_sha1_key {
    SHA_CTX inner, outer;
};

static inline void hmac_sha1_prepare(
    struct hmac_sha1_key *pads, const uint8_t *key, size_t key_count)
{
    uint8_t block[SHA_CBLOCK] = {0};
    if (key_count > sizeof block) {
        SHA1(key, key_count, block);
    } else if (key_count > 0) {
        memcpy(block, key, key_count);
    }
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
    SHA1_Init(&pads->inner);
    SHA1_Update(&pads->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA1_Init(&pads->outer);
    SHA1_Update(&pads->outer, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

static inline void hmac_sha1(
    const struct hmac_sha1_key *pads, const uint8_t *first, size_t first_count,
    const uint8_t *second, size_t second_count, uint8_t out[SHA_DIGEST_LENGTH])
{
    SHA_CTX hash = pads->inner;
    if (first_count > 0) SHA1_Update(&hash, first, first_count);
    if (second_count > 0) SHA1_Update(&hash, second, second_count);
    SHA1_Final(out, &hash);
    hash = pads->outer;
    SHA1_Update(&hash, out, SHA_DIGEST_LENGTH);
    SHA1_Final(out, &hash);
}

#endif
