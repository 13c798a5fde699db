#ifndef ROSTRUM_CERTIFICATE_H
#define ROSTRUM_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

struct c_rostrum_certificate {
    EVP_PKEY *key;
    X509 *x509;
};

/// The SHA-2 function with digests of `bits` bits; NULL for any other number.
static inline const EVP_MD *sha2(int bits)
{
    switch (bits) {
    case 256: return EVP_sha256();
    case 384: return EVP_sha384();
    case 512: return EVP_sha512();
    default: return NULL;
    }
}

#endif
