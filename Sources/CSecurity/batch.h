// AES-CM and its HMAC-SHA1 tags as libipsec_mb computes them, for one thread: the tags of many packets at
// once, up to sixteen side by side.
#ifndef CSECURITY_BATCH_H
#define CSECURITY_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "CSecurity.h"
#include "ctr.h"
#include "hmac_sha1.h"

/// Notes a packet whose last ten bytes are to become its tag: `count` bytes from `offset` on, the rollover
/// counter behind them. The key is copied.
void srtp_batch_add(
    c_rostrum_srtp_batch *batch, const struct hmac_sha1_key *pads, size_t offset, size_t count);

/// Encrypts `count` bytes, 1 at least, in counter mode. - Returns: false when the library would not.
bool srtp_batch_transform(
    c_rostrum_srtp_batch *batch, const struct ctr_key *key, const uint8_t iv[16], const uint8_t *in,
    size_t count, uint8_t *out);

#endif
