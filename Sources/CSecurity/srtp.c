// SRTP and SRTCP protection of one packet at a time. Every check of sizes is the caller's.
#define OPENSSL_SUPPRESS_DEPRECATED  // SHA1_*: see hash.c
#include "CSecurity.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "batch.h"
#include "ctr.h"
#include "gcm.h"
#include "hmac_sha1.h"

struct c_rostrum_srtp_cipher {
    EVP_CIPHER_CTX *aes;         // keyed once; each packet only sets the IV
    struct hmac_sha1_key pads;   // AES128_CM_SHA1_80 only
    struct gcm_key *gcm_key;     // NULL when OpenSSL does it all
    struct ctr_key *ctr_key;     // for packets of a batch; NULL when OpenSSL does it all
    uint8_t salt[16];            // aligned so that its byte 4 meets the SSRC's first
    bool gcm;
};

enum { RTCP_HEADER = 8, INDEX_WORD = 4 };
static const uint32_t E_FLAG = 0x80000000;

static void put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// ---- Keys ----

bool c_rostrum_aes_keystream(
    const uint8_t key[16], const uint8_t iv[16], uint8_t *out, size_t count)
{
    EVP_CIPHER_CTX *aes = EVP_CIPHER_CTX_new();
    int written = 0;
    memset(out, 0, count);
    bool ok = aes != NULL && EVP_EncryptInit_ex(aes, EVP_aes_128_ctr(), NULL, key, iv) == 1
        && EVP_EncryptUpdate(aes, out, &written, out, (int)count) == 1;
    EVP_CIPHER_CTX_free(aes);
    return ok;
}

bool c_rostrum_srtp_derive(
    const uint8_t key[16], const uint8_t salt[14], uint8_t label, uint8_t *out, size_t count)
{
    uint8_t iv[16] = {0};
    memcpy(iv, salt, 14);
    iv[7] ^= label;
    bool ok = c_rostrum_aes_keystream(key, iv, out, count);
    OPENSSL_cleanse(iv, sizeof iv);
    return ok;
}

static bool create_ipsec_mb_key(
    c_rostrum_srtp_cipher *cipher, bool sealing, const uint8_t key[16])
{
    if (cipher->gcm) {
        cipher->gcm_key = gcm_key_create(key);
        return cipher->gcm_key != NULL;
    }
    // AES-CM is opened by OpenSSL alone.
    if (!sealing) return true;
    cipher->ctr_key = ctr_key_create(key);
    return cipher->ctr_key != NULL;
}

c_rostrum_srtp_cipher *c_rostrum_srtp_cipher_create(
    uint16_t profile, bool sealing, int engine, const uint8_t key[16],
    const uint8_t *authentication_key, const uint8_t *salt)
{
    c_rostrum_srtp_cipher *cipher = calloc(1, sizeof *cipher);
    if (cipher == NULL) return NULL;
    cipher->gcm = profile == C_ROSTRUM_AEAD_AES_128_GCM;
    if (cipher->gcm) {
        memcpy(cipher->salt + 2, salt, 12);
    } else {
        memcpy(cipher->salt, salt, 14);
        hmac_sha1_prepare(&cipher->pads, authentication_key, SHA_DIGEST_LENGTH);
    }
    const EVP_CIPHER *type = cipher->gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr();
    cipher->aes = EVP_CIPHER_CTX_new();
    if (cipher->aes == NULL
        || EVP_CipherInit_ex(cipher->aes, type, NULL, key, NULL, sealing ? 1 : 0) != 1) {
        c_rostrum_srtp_cipher_free(cipher);
        return NULL;
    }
    if (engine == C_ROSTRUM_IPSEC_MB && !create_ipsec_mb_key(cipher, sealing, key)) {
        c_rostrum_srtp_cipher_free(cipher);
        return NULL;
    }
    return cipher;
}

c_rostrum_srtp_cipher *c_rostrum_srtp_cipher_derive(
    uint16_t profile, bool sealing, bool rtcp, int engine, const uint8_t key[16],
    const uint8_t *salt)
{
    // RFC 7714 section 11: the 96-bit master salt of GCM is padded to 112 bits on the right.
    struct { uint8_t salt[14], key[16], authentication[20], session_salt[14]; } s;
    memset(&s, 0, sizeof s);
    memcpy(s.salt, salt, profile == C_ROSTRUM_AEAD_AES_128_GCM ? 12 : 14);
    uint8_t label = rtcp ? 3 : 0;
    c_rostrum_srtp_cipher *cipher = NULL;
    if (c_rostrum_srtp_derive(key, s.salt, label, s.key, sizeof s.key)
        && c_rostrum_srtp_derive(
            key, s.salt, label + 1, s.authentication, sizeof s.authentication)
        && c_rostrum_srtp_derive(key, s.salt, label + 2, s.session_salt, sizeof s.session_salt)) {
        cipher = c_rostrum_srtp_cipher_create(
            profile, sealing, rtcp ? C_ROSTRUM_OPENSSL : engine, s.key, s.authentication,
            s.session_salt);
    }
    OPENSSL_cleanse(&s, sizeof s);
    return cipher;
}

void c_rostrum_srtp_cipher_free(c_rostrum_srtp_cipher *cipher)
{
    EVP_CIPHER_CTX_free(cipher->aes);
    gcm_key_free(cipher->gcm_key);
    ctr_key_free(cipher->ctr_key);
    OPENSSL_cleanse(cipher, sizeof *cipher);
    free(cipher);
}

// ---- One packet ----

// The salt with the SSRC and the 48-bit index added in GF(2) (RFC 3711 section 4.1.1; RFC 7714
// sections 8.1 and 9.1, where it is the twelve bytes from the third on).
static void write_iv(
    const c_rostrum_srtp_cipher *c, uint32_t ssrc, uint64_t index, uint8_t iv[16])
{
    memcpy(iv, c->salt, 16);
    put32(iv + 4, get32(iv + 4) ^ ssrc);
    put32(iv + 8, get32(iv + 8) ^ (uint32_t)(index >> 16));
    iv[12] ^= (uint8_t)(index >> 8);
    iv[13] ^= (uint8_t)index;
}

static bool begin(const c_rostrum_srtp_cipher *c, uint32_t ssrc, uint64_t index)
{
    uint8_t iv[16];
    write_iv(c, ssrc, index, iv);
    return EVP_CipherInit_ex(c->aes, NULL, NULL, NULL, c->gcm ? iv + 2 : iv, -1) == 1;
}

static bool authenticate(const c_rostrum_srtp_cipher *c, const uint8_t *bytes, size_t count)
{
    int written;
    return EVP_CipherUpdate(c->aes, NULL, &written, bytes, (int)count) == 1;
}

static bool transform(
    const c_rostrum_srtp_cipher *c, uint8_t *out, const uint8_t *in, size_t count)
{
    int written;
    return count == 0 || EVP_CipherUpdate(c->aes, out, &written, in, (int)count) == 1;
}

static bool write_gcm_tag(const c_rostrum_srtp_cipher *c, uint8_t *tag)
{
    int written;
    return EVP_CipherFinal_ex(c->aes, tag, &written) == 1
        && EVP_CIPHER_CTX_ctrl(c->aes, EVP_CTRL_AEAD_GET_TAG, C_ROSTRUM_GCM_TAG_SIZE, tag) == 1;
}

static bool check_gcm_tag(const c_rostrum_srtp_cipher *c, const uint8_t *tag)
{
    uint8_t expected[C_ROSTRUM_GCM_TAG_SIZE], none[16];
    int written;
    memcpy(expected, tag, sizeof expected);
    return EVP_CIPHER_CTX_ctrl(c->aes, EVP_CTRL_AEAD_SET_TAG, sizeof expected, expected) == 1
        && EVP_CipherFinal_ex(c->aes, none, &written) == 1;
}

enum { AES_BLOCK = 16 };

// A packet of a batch, where libipsec_mb computes AES-CM. Its counter mode begins with a whole block: the
// one in which `clear_count` bytes that stand in `out` meet the payload is put together there.
static bool transform_in_batch(
    const c_rostrum_srtp_cipher *c, c_rostrum_srtp_batch *batch, uint32_t ssrc, uint64_t index,
    uint8_t *out, size_t clear_count, const uint8_t *payload, size_t payload_count)
{
    uint8_t iv[16];
    write_iv(c, ssrc, index, iv);
    size_t shared = (AES_BLOCK - clear_count % AES_BLOCK) % AES_BLOCK;
    if (shared > payload_count) shared = payload_count;
    size_t first = clear_count + shared, rest = payload_count - shared;
    if (shared > 0) memcpy(out + clear_count, payload, shared);
    if (first > 0 && !srtp_batch_transform(batch, c->ctr_key, iv, out, first, out)) return false;
    // The block counter is the lower 16 bits (RFC 3711 section 4.1.1), and starts at zero.
    size_t blocks = first / AES_BLOCK;
    iv[14] = (uint8_t)(blocks >> 8), iv[15] = (uint8_t)blocks;
    return rest == 0
        || srtp_batch_transform(batch, c->ctr_key, iv, payload + shared, rest, out + first);
}

bool c_rostrum_srtp_seal(
    c_rostrum_srtp_cipher *c, c_rostrum_srtp_batch *batch, uint32_t ssrc, uint64_t index,
    uint8_t *arena, size_t offset, size_t header_count, size_t clear_count, const uint8_t *payload,
    size_t payload_count)
{
    uint8_t *packet = arena + offset;
    uint8_t *out = packet + header_count;
    uint8_t *tag = out + clear_count + payload_count;
    if (c->gcm_key != NULL) {
        uint8_t iv[16];
        write_iv(c, ssrc, index, iv);
        gcm_seal(
            c->gcm_key, iv + 2, packet, header_count, clear_count, payload, payload_count, out, tag);
        return true;
    }
    bool batched = batch != NULL && !c->gcm && c_rostrum_srtp_batch_room(batch) > 0;
    if (batched && c->ctr_key != NULL) {
        if (!transform_in_batch(c, batch, ssrc, index, out, clear_count, payload, payload_count)) {
            return false;
        }
    } else if (
        !begin(c, ssrc, index) || (c->gcm && !authenticate(c, packet, header_count))
        || !transform(c, out, out, clear_count)
        || !transform(c, out + clear_count, payload, payload_count)) {
        return false;
    }
    if (c->gcm) return write_gcm_tag(c, tag);
    uint8_t rollover[4], mac[SHA_DIGEST_LENGTH];
    put32(rollover, (uint32_t)(index >> 16));
    if (batched) {
        memcpy(tag, rollover, sizeof rollover);
        srtp_batch_add(batch, &c->pads, offset, (size_t)(tag - packet));
        return true;
    }
    hmac_sha1(&c->pads, packet, (size_t)(tag - packet), rollover, sizeof rollover, mac);
    memcpy(tag, mac, C_ROSTRUM_SHA1_80_TAG_SIZE);
    return true;
}

bool c_rostrum_srtp_open(
    c_rostrum_srtp_cipher *c, uint32_t ssrc, uint64_t index, const uint8_t *packet,
    size_t header_count, size_t count, uint8_t *out)
{
    size_t clear = count - (c->gcm ? C_ROSTRUM_GCM_TAG_SIZE : C_ROSTRUM_SHA1_80_TAG_SIZE);
    if (c->gcm_key != NULL) {
        uint8_t iv[16], tag[C_ROSTRUM_GCM_TAG_SIZE];
        write_iv(c, ssrc, index, iv);
        memcpy(out, packet, header_count);
        gcm_open(
            c->gcm_key, iv + 2, packet, header_count, packet + header_count, clear - header_count,
            out + header_count, tag);
        return CRYPTO_memcmp(tag, packet + clear, sizeof tag) == 0;
    }
    if (!c->gcm) {
        uint8_t rollover[4], mac[SHA_DIGEST_LENGTH];
        put32(rollover, (uint32_t)(index >> 16));
        hmac_sha1(&c->pads, packet, clear, rollover, sizeof rollover, mac);
        if (CRYPTO_memcmp(mac, packet + clear, C_ROSTRUM_SHA1_80_TAG_SIZE) != 0) return false;
    }
    if (!begin(c, ssrc, index)) return false;
    if (c->gcm && !authenticate(c, packet, header_count)) return false;
    memcpy(out, packet, header_count);
    return transform(c, out + header_count, packet + header_count, clear - header_count)
        && (!c->gcm || check_gcm_tag(c, packet + clear));
}

bool c_rostrum_srtcp_seal(
    c_rostrum_srtp_cipher *c, uint32_t index, uint8_t *packet, size_t count)
{
    uint8_t word[INDEX_WORD];
    put32(word, E_FLAG | index);
    if (!begin(c, get32(packet + 4), index)) return false;
    if (c->gcm && (!authenticate(c, packet, RTCP_HEADER) || !authenticate(c, word, sizeof word))) {
        return false;
    }
    if (!transform(c, packet + RTCP_HEADER, packet + RTCP_HEADER, count - RTCP_HEADER)) return false;
    if (c->gcm) {
        memcpy(packet + count + C_ROSTRUM_GCM_TAG_SIZE, word, sizeof word);
        return write_gcm_tag(c, packet + count);
    }
    uint8_t mac[SHA_DIGEST_LENGTH];
    memcpy(packet + count, word, sizeof word);
    hmac_sha1(&c->pads, packet, count + INDEX_WORD, NULL, 0, mac);
    memcpy(packet + count + INDEX_WORD, mac, C_ROSTRUM_SHA1_80_TAG_SIZE);
    return true;
}

bool c_rostrum_srtcp_open(
    c_rostrum_srtp_cipher *c, const uint8_t *packet, size_t count, uint8_t *out)
{
    size_t tag_size = c->gcm ? C_ROSTRUM_GCM_TAG_SIZE : C_ROSTRUM_SHA1_80_TAG_SIZE;
    size_t clear = count - tag_size - INDEX_WORD;
    const uint8_t *word = packet + clear + (c->gcm ? tag_size : 0);
    if (!c->gcm) {
        uint8_t mac[SHA_DIGEST_LENGTH];
        hmac_sha1(&c->pads, packet, clear + INDEX_WORD, NULL, 0, mac);
        if (CRYPTO_memcmp(mac, word + INDEX_WORD, tag_size) != 0) return false;
    }
    if (!begin(c, get32(packet + 4), get32(word) & ~E_FLAG)) return false;
    if (c->gcm && (!authenticate(c, packet, RTCP_HEADER) || !authenticate(c, word, INDEX_WORD))) {
        return false;
    }
    memcpy(out, packet, RTCP_HEADER);
    return transform(c, out + RTCP_HEADER, packet + RTCP_HEADER, clear - RTCP_HEADER)
        && (!c->gcm || check_gcm_tag(c, packet + clear));
}

// ---- Which engine ----

// Some packets one after the other, as a batch would find them.
enum { ROUNDS = 8, PACKETS = 64, LANES = 16, HEADER = 12, PAYLOAD = 1200 };
struct trial {
    uint8_t packets[LANES][HEADER + PAYLOAD + C_ROSTRUM_GCM_TAG_SIZE];
};

static int64_t measure(
    c_rostrum_srtp_cipher *cipher, c_rostrum_srtp_batch *batch, struct trial *trial)
{
    static const uint8_t payload[PAYLOAD];
    uint8_t *arena = trial->packets[0];
    int64_t best = INT64_MAX;
    uint64_t index = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec start, end;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
        for (int i = 0; i < PACKETS; i++, index++) {
            size_t offset = (size_t)(i % LANES) * sizeof trial->packets[0];
            c_rostrum_srtp_seal(
                cipher, batch, 1, index, arena, offset, HEADER, 0, payload, PAYLOAD);
            if (batch != NULL && i % LANES == LANES - 1) c_rostrum_srtp_batch_finish(batch, arena);
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
        int64_t took = (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
        if (took < best) best = took;
    }
    return best / PACKETS;
}

int64_t c_rostrum_srtp_measure(uint16_t profile, int engine)
{
    static const uint8_t key[16], authentication_key[SHA_DIGEST_LENGTH], salt[14];
    bool batches = profile != C_ROSTRUM_AEAD_AES_128_GCM && engine == C_ROSTRUM_IPSEC_MB;
    c_rostrum_srtp_batch *batch = batches ? c_rostrum_srtp_batch_create(LANES) : NULL;
    if (batches && batch == NULL) return -1;
    c_rostrum_srtp_cipher *cipher =
        c_rostrum_srtp_cipher_create(profile, true, engine, key, authentication_key, salt);
    struct trial *trial = calloc(1, sizeof *trial);
    int64_t time = cipher == NULL || trial == NULL ? -1 : measure(cipher, batch, trial);
    free(trial);
    if (cipher != NULL) c_rostrum_srtp_cipher_free(cipher);
    c_rostrum_srtp_batch_free(batch);
    return time;
}
