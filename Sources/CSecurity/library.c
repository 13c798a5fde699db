// A library context whose only provider is OpenSSL's default one, with fewer decoders.
//
// To read the public key in a peer's certificate, OpenSSL 3.0 makes a chain of every decoder that might
// lead to it: of 40, for all kinds of keys, private ones and parameters included, in DER and PEM. That
// takes half of the time of reading the certificate, at every handshake. A certificate has a
// SubjectPublicKeyInfo in DER, for which 12 are enough, of whatever kind the key is.
#include "library.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_DECODERS = 64 };

static OSSL_PROVIDER *whole;
static OSSL_ALGORITHM decoders[MAX_DECODERS + 1];  // ends with one of zeroes
static OSSL_LIB_CTX *library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
    (void)context;
    if (operation != OSSL_OP_DECODER) {
        return OSSL_PROVIDER_query_operation(whole, operation, no_cache);
    }
    *no_cache = 0;
    return decoders;
}

static int get_capabilities(void *context, const char *name, OSSL_CALLBACK *callback, void *target)
{
    (void)context;
    return OSSL_PROVIDER_get_capabilities(whole, name, callback, target);
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
    {0, NULL},
};

// The algorithms are those of the whole provider, and so is what they are called with.
static int begin(
    const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **out,
    void **context)
{
    (void)handle, (void)core;
    *out = functions;
    *context = OSSL_PROVIDER_get0_provider_ctx(whole);
    return 1;
}

static bool choose_decoders(void)
{
    int no_cache;
    const OSSL_ALGORITHM *next = OSSL_PROVIDER_query_operation(whole, OSSL_OP_DECODER, &no_cache);
    size_t count = 0;
    for (; next != NULL && next->algorithm_names != NULL; next++) {
        if (next->property_definition == NULL
            || strstr(next->property_definition, "structure=SubjectPublicKeyInfo") == NULL) {
            continue;
        }
        if (count == MAX_DECODERS) return false;
        decoders[count++] = *next;
    }
    return count > 0;
}

static void make_library(void)
{
    whole = OSSL_PROVIDER_load(NULL, "default");
    if (whole == NULL || !choose_decoders()) return;
    OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
    if (made == NULL) return;
    if (OSSL_PROVIDER_add_builtin(made, "rostrum", begin) != 1
        || OSSL_PROVIDER_load(made, "rostrum") == NULL) {
        OSSL_LIB_CTX_free(made);
        return;
    }
    library = made;
}

OSSL_LIB_CTX *c_rostrum_library(void)
{
    pthread_once(&library_once, make_library);
    return library;
}
