#include "ctr.h"

#include "ipsec_mb.h"

#ifdef HAS_IPSEC_MB

#include <stdlib.h>
#include <string.h>

struct ctr_key {
    // Eleven round keys; the library aligns its loads.
    _Alignas(16) uint8_t encrypting[176];
    _Alignas(16) uint8_t decrypting[176];
};

struct ctr_key *ctr_key_create(const uint8_t key[16])
{
    const IMB_MGR *functions = ipsec_mb_functions();
    if (functions == NULL) return NULL;
    struct ctr_key *made = aligned_alloc(16, sizeof *made);
    if (made != NULL) IMB_AES_KEYEXP_128(functions, key, made->encrypting, made->decrypting);
    return made;
}

void ctr_key_free(struct ctr_key *key)
{
    if (key == NULL) return;
    explicit_bzero(key, sizeof *key);
    free(key);
}

const void *ctr_key_rounds(const struct ctr_key *key) { return key->encrypting; }

#else

struct ctr_key *ctr_key_create(const uint8_t key[16])
{
    (void)key;
    return NULL;
}

void ctr_key_free(struct ctr_key *key) { (void)key; }

// There are no keys, so nobody calls this.
const void *ctr_key_rounds(const struct ctr_key *key)
{
    (void)key;
    __builtin_trap();
}

#endif
