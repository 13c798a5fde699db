#include "gcm.h"

#include "ipsec_mb.h"

#ifdef HAS_IPSEC_MB

#include <stdlib.h>
#include <string.h>

struct gcm_key {
    struct gcm_key_data data;  // aligned to 64 bytes
    const IMB_MGR *functions;
};

enum { TAG_SIZE = 16 };

struct gcm_key *gcm_key_create(const uint8_t key[16])
{
    const IMB_MGR *functions = ipsec_mb_functions();
    if (functions == NULL) return NULL;
    struct gcm_key *made = aligned_alloc(64, (sizeof *made + 63) / 64 * 64);
    if (made == NULL) return NULL;
    made->functions = functions;
    IMB_AES128_GCM_PRE(functions, key, &made->data);
    return made;
}

void gcm_key_free(struct gcm_key *key)
{
    if (key == NULL) return;
    explicit_bzero(key, sizeof *key);
    free(key);
}

void gcm_seal(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    size_t clear_count, const uint8_t *payload, size_t payload_count, uint8_t *out, uint8_t tag[16])
{
    struct gcm_context_data context;
    if (clear_count == 0) {
        IMB_AES128_GCM_ENC(
            key->functions, &key->data, &context, out, payload, payload_count, iv, aad, aad_count, tag,
            TAG_SIZE);
        return;
    }
    IMB_AES128_GCM_INIT(key->functions, &key->data, &context, iv, aad, aad_count);
    IMB_AES128_GCM_ENC_UPDATE(key->functions, &key->data, &context, out, out, clear_count);
    if (payload_count > 0) {
        IMB_AES128_GCM_ENC_UPDATE(
            key->functions, &key->data, &context, out + clear_count, payload, payload_count);
    }
    IMB_AES128_GCM_ENC_FINALIZE(key->functions, &key->data, &context, tag, TAG_SIZE);
}

void gcm_open(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    const uint8_t *sealed, size_t count, uint8_t *out, uint8_t tag[16])
{
    struct gcm_context_data context;
    IMB_AES128_GCM_DEC(
        key->functions, &key->data, &context, out, sealed, count, iv, aad, aad_count, tag, TAG_SIZE);
}

#else

struct gcm_key *gcm_key_create(const uint8_t key[16])
{
    (void)key;
    return NULL;
}

void gcm_key_free(struct gcm_key *key) { (void)key; }

// There are no keys, so nobody calls these.
void gcm_seal(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    size_t clear_count, const uint8_t *payload, size_t payload_count, uint8_t *out, uint8_t tag[16])
{
    (void)key, (void)iv, (void)aad, (void)aad_count, (void)clear_count;
    (void)payload, (void)payload_count, (void)out, (void)tag;
    __builtin_trap();
}

void gcm_open(
    const struct gcm_key *key, const uint8_t iv[12], const uint8_t *aad, size_t aad_count,
    const uint8_t *sealed, size_t count, uint8_t *out, uint8_t tag[16])
{
    (void)key, (void)iv, (void)aad, (void)aad_count, (void)sealed, (void)count, (void)out, (void)tag;
    __builtin_trap();
}

#endif
