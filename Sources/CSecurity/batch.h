// HMAC-SHA1 tags for many packets at once, as libipsec_mb computes them: up to sixteen side by side.
#ifndef CSECURITY_BATCH_H
#define CSECURITY_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "CSecurity.h"
#include "hmac_sha1.h"

/// Notes a packet whose last ten bytes are to become its tag: `count` bytes from `offset` on, the rollover
/// counter behind them. The key is copied.
void srtp_batch_add(
    c_rostrum_srtp_batch *batch, const struct hmac_sha1_key *pads, size_t offset, size_t count);

#endif
