// libsrtp2 as the oracle of the SRTP tests: a second implementation to be equal to.
#ifndef ROSTRUM_C_ORACLE_H
#define ROSTRUM_C_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct c_oracle_srtp c_oracle_srtp;

/// A session for every source of one direction. `profile` is the number of RFC 5764; `key` is the
/// master key with the master salt behind it.
c_oracle_srtp *_Nullable c_oracle_srtp_create(uint16_t profile, bool sending, const uint8_t *key);
void c_oracle_srtp_free(c_oracle_srtp *oracle);

/// Each works in place on `count` bytes with room for 144 more, and returns the new size; negative
/// on failure.
int c_oracle_srtp_protect(c_oracle_srtp *oracle, uint8_t *packet, int count);
int c_oracle_srtp_unprotect(c_oracle_srtp *oracle, uint8_t *packet, int count);
int c_oracle_srtp_protect_rtcp(c_oracle_srtp *oracle, uint8_t *packet, int count);
int c_oracle_srtp_unprotect_rtcp(c_oracle_srtp *oracle, uint8_t *packet, int count);

#pragma clang assume_nonnull end

#endif
