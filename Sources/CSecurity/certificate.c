#include "CSecurity.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "certificate.h"

// Nobody checks the dates of a certificate that is known by its fingerprint; they only have to
// outlive the process and to be right on a peer whose clock is behind.
enum { DAY = 24 * 60 * 60, VALID_FROM = -DAY, VALID_DAYS = 3650 };

static bool fill(X509 *x509, EVP_PKEY *key)
{
    uint64_t serial, name;
    char text[17];
    if (RAND_bytes((unsigned char *)&serial, sizeof serial) != 1
        || RAND_bytes((unsigned char *)&name, sizeof name) != 1) {
        return false;
    }
    snprintf(text, sizeof text, "%016llx", (unsigned long long)name);
    X509_NAME *subject = X509_get_subject_name(x509);
    return X509_set_version(x509, X509_VERSION_3) == 1
        && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1) == 1
        && X509_gmtime_adj(X509_getm_notBefore(x509), VALID_FROM) != NULL
        && X509_time_adj_ex(X509_getm_notAfter(x509), VALID_DAYS, 0, NULL) != NULL
        && X509_NAME_add_entry_by_txt(
               subject, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0) == 1
        && X509_set_issuer_name(x509, subject) == 1
        && X509_set_pubkey(x509, key) == 1
        && X509_sign(x509, key, EVP_sha256()) > 0;
}

c_rostrum_certificate *c_rostrum_certificate_create(void)
{
    c_rostrum_certificate *certificate = calloc(1, sizeof *certificate);
    if (certificate == NULL) return NULL;
    certificate->key = EVP_EC_gen("P-256");
    certificate->x509 = X509_new();
    if (certificate->key == NULL || certificate->x509 == NULL
        || !fill(certificate->x509, certificate->key)) {
        c_rostrum_certificate_free(certificate);
        return NULL;
    }
    return certificate;
}

void c_rostrum_certificate_free(c_rostrum_certificate *certificate)
{
    EVP_PKEY_free(certificate->key);
    X509_free(certificate->x509);
    free(certificate);
}

bool c_rostrum_certificate_digest(
    const c_rostrum_certificate *certificate, int bits, uint8_t out[64])
{
    unsigned int count = EVP_MAX_MD_SIZE;
    const EVP_MD *digest = sha2(bits);
    return digest != NULL && X509_digest(certificate->x509, digest, out, &count) == 1;
}
