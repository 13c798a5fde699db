#define OPENSSL_SUPPRESS_DEPRECATED  // SHA1_*: see hash.c
#include "batch.h"

#include "ipsec_mb.h"

#ifdef HAS_IPSEC_MB

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LANES = 64,       // jobs of one call; the library takes eight or sixteen side by side
    // Fewer take OpenSSL less time one by one than the library, whose time is that of eight: 990 ns
    // each for four packets of 1,200 bytes, 550 for eight, 500 for 64; OpenSSL took 750 to 890.
    FEWEST = 6,
    STATE = 20,       // of SHA-1: five words
    IPSEC_TAG = 12,   // what the library writes: two bytes more than a tag of SRTP has
};

struct waiting {
    uint32_t offset, count;
    uint32_t inner[STATE / 4], outer[STATE / 4];  // the key's pads, hashed
};

struct c_rostrum_srtp_batch {
    IMB_MGR *manager;
    size_t capacity, count;
    IMB_JOB jobs[LANES];
    IMB_JOB cipher_job;
    uint8_t tags[LANES][16];
    struct waiting waiting[];
};

c_rostrum_srtp_batch *c_rostrum_srtp_batch_create(size_t capacity)
{
    IMB_MGR *manager = ipsec_mb_open();
    if (manager == NULL) return NULL;
    c_rostrum_srtp_batch *batch =
        calloc(1, sizeof *batch + capacity * sizeof batch->waiting[0]);
    if (batch == NULL) {
        ipsec_mb_close(manager);
        return NULL;
    }
    batch->manager = manager;
    batch->capacity = capacity;
    batch->cipher_job.iv_len_in_bytes = 16;
    batch->cipher_job.key_len_in_bytes = IMB_KEY_128_BYTES;
    batch->cipher_job.cipher_mode = IMB_CIPHER_CNTR;
    batch->cipher_job.cipher_direction = IMB_DIR_ENCRYPT;
    batch->cipher_job.hash_alg = IMB_AUTH_NULL;
    return batch;
}

void c_rostrum_srtp_batch_free(c_rostrum_srtp_batch *batch)
{
    if (batch == NULL) return;
    ipsec_mb_close(batch->manager);
    OPENSSL_cleanse(batch, sizeof *batch + batch->capacity * sizeof batch->waiting[0]);
    free(batch);
}

size_t c_rostrum_srtp_batch_room(const c_rostrum_srtp_batch *batch)
{
    return batch->capacity - batch->count;
}

static void copy_state(uint32_t out[STATE / 4], const SHA_CTX *hash)
{
    const uint32_t state[] = {hash->h0, hash->h1, hash->h2, hash->h3, hash->h4};
    memcpy(out, state, sizeof state);
}

void srtp_batch_add(
    c_rostrum_srtp_batch *batch, const struct hmac_sha1_key *pads, size_t offset, size_t count)
{
    struct waiting *entry = &batch->waiting[batch->count++];
    entry->offset = (uint32_t)offset;
    entry->count = (uint32_t)count;
    copy_state(entry->inner, &pads->inner);
    copy_state(entry->outer, &pads->outer);
}

static void prepare(IMB_JOB *job, const struct waiting *entry, const uint8_t *arena, uint8_t *tag)
{
    job->src = arena + entry->offset;
    job->hash_start_src_offset_in_bytes = 0;
    // The rollover counter stands where the tag will (RFC 3711 section 4.2).
    job->msg_len_to_hash_in_bytes = entry->count + 4;
    job->auth_tag_output = tag;
    job->auth_tag_output_len_in_bytes = IPSEC_TAG;
    job->u.HMAC._hashed_auth_key_xor_ipad = (const uint8_t *)entry->inner;
    job->u.HMAC._hashed_auth_key_xor_opad = (const uint8_t *)entry->outer;
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
}

static void write_tag(const struct waiting *entry, uint8_t *arena, const uint8_t *mac)
{
    memcpy(arena + entry->offset + entry->count, mac, C_ROSTRUM_SHA1_80_TAG_SIZE);
}

// The hash of one block, which the pads are, with that state.
static SHA_CTX restored(const uint32_t state[STATE / 4])
{
    SHA_CTX hash;
    SHA1_Init(&hash);
    hash.h0 = state[0], hash.h1 = state[1], hash.h2 = state[2], hash.h3 = state[3];
    hash.h4 = state[4];
    hash.Nl = SHA_CBLOCK * 8;
    return hash;
}

static void finish_alone(const struct waiting *entry, uint8_t *arena)
{
    struct hmac_sha1_key pads = {restored(entry->inner), restored(entry->outer)};
    uint8_t mac[SHA_DIGEST_LENGTH];
    hmac_sha1(&pads, arena + entry->offset, entry->count + 4, NULL, 0, mac);
    write_tag(entry, arena, mac);
}

static bool finish_together(
    c_rostrum_srtp_batch *batch, const struct waiting *entries, size_t count, uint8_t *arena)
{
    for (size_t i = 0; i < count; i++) {
        prepare(&batch->jobs[i], &entries[i], arena, batch->tags[i]);
    }
    bool ok = IMB_SUBMIT_HASH_BURST_NOCHECK(
                  batch->manager, batch->jobs, (uint32_t)count, IMB_AUTH_HMAC_SHA_1)
        == count;
    for (size_t i = 0; i < count; i++) write_tag(&entries[i], arena, batch->tags[i]);
    return ok;
}

bool c_rostrum_srtp_batch_finish(c_rostrum_srtp_batch *batch, uint8_t *arena)
{
    bool ok = true;
    for (size_t first = 0; first < batch->count; first += LANES) {
        size_t count = batch->count - first < LANES ? batch->count - first : LANES;
        const struct waiting *entries = batch->waiting + first;
        if (count >= FEWEST) {
            ok &= finish_together(batch, entries, count, arena);
        } else {
            for (size_t i = 0; i < count; i++) finish_alone(&entries[i], arena);
        }
    }
    batch->count = 0;
    return ok;
}

bool srtp_batch_transform(
    c_rostrum_srtp_batch *batch, const struct ctr_key *key, const uint8_t iv[16], const uint8_t *in,
    size_t count, uint8_t *out)
{
    IMB_JOB *job = &batch->cipher_job;
    job->src = in;
    job->dst = out;
    job->iv = iv;
    job->enc_keys = ctr_key_rounds(key);
    job->dec_keys = job->enc_keys;
    job->msg_len_to_cipher_in_bytes = count;
    return IMB_SUBMIT_CIPHER_BURST_NOCHECK(
               batch->manager, job, 1, IMB_CIPHER_CNTR, IMB_DIR_ENCRYPT, IMB_KEY_128_BYTES)
        == 1;
}

#else

c_rostrum_srtp_batch *c_rostrum_srtp_batch_create(size_t capacity)
{
    (void)capacity;
    return NULL;
}

// There are no batches, so nobody calls these.
void c_rostrum_srtp_batch_free(c_rostrum_srtp_batch *batch) { (void)batch; }

size_t c_rostrum_srtp_batch_room(const c_rostrum_srtp_batch *batch)
{
    (void)batch;
    return 0;
}

bool c_rostrum_srtp_batch_finish(c_rostrum_srtp_batch *batch, uint8_t *arena)
{
    (void)batch, (void)arena;
    return false;
}

void srtp_batch_add(
    c_rostrum_srtp_batch *batch, const struct hmac_sha1_key *pads, size_t offset, size_t count)
{
    (void)batch, (void)pads, (void)offset, (void)count;
    __builtin_trap();
}

bool srtp_batch_transform(
    c_rostrum_srtp_batch *batch, const struct ctr_key *key, const uint8_t iv[16], const uint8_t *in,
    size_t count, uint8_t *out)
{
    (void)batch, (void)key, (void)iv, (void)in, (void)count, (void)out;
    __builtin_trap();
}

#endif
