#include "CSigning.h"

#include <errno.h>
#include <nettle/bignum.h>
#include <nettle/dsa.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { SCALAR_SIZE = 48 };

struct c_rostrum_p384_key {
    struct ecc_scalar scalar;
};

c_rostrum_p384_key *c_rostrum_p384_key_create(const uint8_t scalar[48])
{
    c_rostrum_p384_key *key = malloc(sizeof *key);
    if (key == NULL)
        return NULL;
    ecc_scalar_init(&key->scalar, nettle_get_secp_384r1());
    mpz_t number;
    nettle_mpz_init_set_str_256_u(number, SCALAR_SIZE, scalar);
    // Refuses what is not from 1 to the group's order less 1.
    int fits = ecc_scalar_set(&key->scalar, number);
    memset(mpz_limbs_modify(number, 1), 0, mpz_size(number) * sizeof(mp_limb_t));
    mpz_clear(number);
    if (fits)
        return key;
    c_rostrum_p384_key_free(key);
    return NULL;
}

void c_rostrum_p384_key_free(c_rostrum_p384_key *key)
{
    explicit_bzero(key->scalar.p, SCALAR_SIZE);
    ecc_scalar_clear(&key->scalar);
    free(key);
}

static void fill(void *context, size_t count, uint8_t *bytes)
{
    (void)context;
    while (count > 0) {
        ssize_t got = getrandom(bytes, count, 0);
        if (got < 0) {
            // A signature with a nonce that can be guessed gives the key away.
            if (errno != EINTR)
                abort();
            continue;
        }
        bytes += got;
        count -= (size_t)got;
    }
}

void c_rostrum_p384_sign(
    const c_rostrum_p384_key *key, const uint8_t digest[48], uint8_t signature[96])
{
    struct dsa_signature pair;
    dsa_signature_init(&pair);
    ecdsa_sign(&key->scalar, NULL, fill, SCALAR_SIZE, digest, &pair);
    nettle_mpz_get_str_256(SCALAR_SIZE, signature, pair.r);
    nettle_mpz_get_str_256(SCALAR_SIZE, signature + SCALAR_SIZE, pair.s);
    dsa_signature_clear(&pair);
}
