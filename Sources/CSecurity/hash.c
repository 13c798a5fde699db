// The streaming SHA1_* functions are deprecated in favour of EVP contexts, which are allocated for
// each use; here a digest lives on the stack.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "CSecurity.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <string.h>

#include "hmac_sha1.h"

void c_rostrum_hmac_sha1(
    const uint8_t *key, size_t key_count, const uint8_t *first, size_t first_count,
    const uint8_t *second, size_t second_count, uint8_t out[20])
{
    struct hmac_sha1_key pads;
    hmac_sha1_prepare(&pads, key, key_count);
    hmac_sha1(&pads, first, first_count, second, second_count, out);
    OPENSSL_cleanse(&pads, sizeof pads);
}

bool c_rostrum_equal(const uint8_t *a, const uint8_t *b, size_t count)
{
    return CRYPTO_memcmp(a, b, count) == 0;
}

void c_rostrum_cleanse(void *bytes, size_t count)
{
    OPENSSL_cleanse(bytes, count);
}
