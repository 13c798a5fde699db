// The boundary to OpenSSL's libssl and libcrypto (3.0 or later).
//
// No OpenSSL type or header is visible through it: most of what is needed is function-like macros,
// which Swift cannot import, and a module that exposes <openssl/...> collides with every other
// module that does. Handles are opaque; each `_create` has one `_free`; no function keeps a pointer
// that it was given, except where it says so. Functions return false, or NULL, on failure.
#ifndef ROSTRUM_C_SECURITY_H
#define ROSTRUM_C_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// ---- Hashes ----

/// HMAC-SHA1 (RFC 2104) over `first` followed by `second`.
void c_rostrum_hmac_sha1(
    const uint8_t *_Nullable key, size_t key_count,
    const uint8_t *_Nullable first, size_t first_count,
    const uint8_t *_Nullable second, size_t second_count,
    uint8_t out[_Nonnull 20]);

/// Compares without telling through time where the first difference is.
bool c_rostrum_equal(const uint8_t *a, const uint8_t *b, size_t count);

/// Overwrites with zeros in a way that the compiler may not leave out.
void c_rostrum_cleanse(void *bytes, size_t count);

// ---- SRTP (RFC 3711, RFC 7714) ----

/// One session key of one direction, for RTP or for RTCP, with its salt.
typedef struct c_rostrum_srtp_cipher c_rostrum_srtp_cipher;

/// The DTLS-SRTP protection profile numbers (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum {
    C_ROSTRUM_AES128_CM_SHA1_80 = 0x0001,
    C_ROSTRUM_AEAD_AES_128_GCM = 0x0007,
    C_ROSTRUM_GCM_TAG_SIZE = 16,
    C_ROSTRUM_SHA1_80_TAG_SIZE = 10,
};

/// What computes AES-128-GCM for RTP: OpenSSL, or Intel's libipsec_mb where it is installed. RTCP and
/// the other profile are always OpenSSL's.
enum {
    C_ROSTRUM_OPENSSL = 0,
    C_ROSTRUM_IPSEC_MB = 1,
};

/// Seals packets of 1,200 bytes for less than a millisecond. Returns the nanoseconds of CPU time that
/// one takes; -1 when this machine does not have the engine. `profile` is one of those below; with
/// AES128_CM_SHA1_80 the engine libipsec_mb computes the tags in batches of sixteen.
int64_t c_rostrum_srtp_measure(uint16_t profile, int engine);

/// `count` bytes of AES-128 counter mode key stream from the counter block `iv` on.
bool c_rostrum_aes_keystream(
    const uint8_t key[_Nonnull 16], const uint8_t iv[_Nonnull 16], uint8_t *out, size_t count);

/// The key derivation of RFC 3711 section 4.3.1 with a key derivation rate of zero.
bool c_rostrum_srtp_derive(
    const uint8_t key[_Nonnull 16], const uint8_t salt[_Nonnull 14], uint8_t label,
    uint8_t *out, size_t count);

/// A cipher with a session key. `authentication_key` has 20 bytes and is read for
/// AES128_CM_SHA1_80 only; `salt` has 14 bytes, or 12 for GCM. NULL, too, when this machine does not
/// have the engine.
c_rostrum_srtp_cipher *_Nullable c_rostrum_srtp_cipher_create(
    uint16_t profile, bool sealing, int engine, const uint8_t key[_Nonnull 16],
    const uint8_t *_Nullable authentication_key, const uint8_t *salt);

/// A cipher with the session key that follows from a master key and salt.
c_rostrum_srtp_cipher *_Nullable c_rostrum_srtp_cipher_derive(
    uint16_t profile, bool sealing, bool rtcp, int engine, const uint8_t key[_Nonnull 16],
    const uint8_t *salt);

/// Cleanses the key and frees the cipher.
void c_rostrum_srtp_cipher_free(c_rostrum_srtp_cipher *cipher);

/// Packets of one arena whose HMAC-SHA1 tags are computed together: for one thread.
typedef struct c_rostrum_srtp_batch c_rostrum_srtp_batch;

/// A batch of up to `capacity` packets; NULL when this machine does not have libipsec_mb.
c_rostrum_srtp_batch *_Nullable c_rostrum_srtp_batch_create(size_t capacity);
void c_rostrum_srtp_batch_free(c_rostrum_srtp_batch *_Nullable batch);
/// How many more packets it takes.
size_t c_rostrum_srtp_batch_room(const c_rostrum_srtp_batch *batch);
/// Writes the tags that wait into `arena`, and empties the batch.
bool c_rostrum_srtp_batch_finish(c_rostrum_srtp_batch *batch, uint8_t *arena);

/// Seals one RTP packet whose header is already at `arena + offset`, and behind it `clear_count` bytes of
/// its payload: encrypts those in place, writes the encrypted `payload` behind them, and the tag.
/// `index` is the 48-bit packet index, rollover counter first. `payload` does not overlap with what is
/// written. With a `batch` that has room, a tag of HMAC-SHA1 is written when that is finished, and the
/// packet does not move until then.
bool c_rostrum_srtp_seal(
    c_rostrum_srtp_cipher *cipher, c_rostrum_srtp_batch *_Nullable batch, uint32_t ssrc,
    uint64_t index, uint8_t *arena, size_t offset, size_t header_count, size_t clear_count,
    const uint8_t *_Nullable payload, size_t payload_count);

/// Opens one RTP packet of `count` bytes, tag included, at least `header_count` and a tag. Writes
/// the header and the decrypted payload to `out`, which does not overlap with `packet`. After a
/// failure what stands in `out` means nothing.
bool c_rostrum_srtp_open(
    c_rostrum_srtp_cipher *cipher, uint32_t ssrc, uint64_t index,
    const uint8_t *packet, size_t header_count, size_t count, uint8_t *out);

/// Seals the RTCP packet of `count` bytes (8 or more) in place and writes the index word and the
/// tag behind it. `index` has 31 bits.
bool c_rostrum_srtcp_seal(
    c_rostrum_srtp_cipher *cipher, uint32_t index, uint8_t *packet, size_t count);

/// Opens an SRTCP packet of `count` bytes: at least 8, the index word and a tag, with the E flag
/// set. Writes `count` less those two to `out`, which does not overlap with `packet`.
bool c_rostrum_srtcp_open(
    c_rostrum_srtp_cipher *cipher, const uint8_t *packet, size_t count, uint8_t *out);

// ---- Certificates ----

/// A self-signed certificate and its private key.
typedef struct c_rostrum_certificate c_rostrum_certificate;

/// A new ECDSA P-256 key with a certificate of a random name and serial number.
c_rostrum_certificate *_Nullable c_rostrum_certificate_create(void);
void c_rostrum_certificate_free(c_rostrum_certificate *certificate);

/// The certificate's SHA-2 digest of 256, 384 or 512 bits; `out` has room for 64 bytes.
bool c_rostrum_certificate_digest(
    const c_rostrum_certificate *certificate, int bits, uint8_t out[_Nonnull 64]);

// ---- DTLS 1.2 (RFC 6347) with use_srtp (RFC 5764) ----

typedef struct c_rostrum_dtls_context c_rostrum_dtls_context;
typedef struct c_rostrum_dtls c_rostrum_dtls;

/// Takes one datagram that is to be sent; copies what it wants to keep.
typedef void (*c_rostrum_sink)(void *target, const uint8_t *bytes, size_t count);

enum {
    /// The handshake goes on, or nothing happened.
    C_ROSTRUM_DTLS_PENDING = 0,
    /// The handshake is finished and the peer's certificate has the expected fingerprint.
    C_ROSTRUM_DTLS_ESTABLISHED = 1,
    /// Application data arrived and was dropped.
    C_ROSTRUM_DTLS_DATA = 2,
    C_ROSTRUM_DTLS_CLOSED = 3,
    C_ROSTRUM_DTLS_FINGERPRINT_MISMATCH = 4,
    C_ROSTRUM_DTLS_FAILED = 5,
    C_ROSTRUM_DTLS_TIMED_OUT = 6,
};

/// What all associations with one certificate share. `profiles` is in OpenSSL's notation, in order
/// of preference. The certificate may be freed afterwards.
c_rostrum_dtls_context *_Nullable c_rostrum_dtls_context_create(
    const c_rostrum_certificate *certificate, const char *profiles);
void c_rostrum_dtls_context_free(c_rostrum_dtls_context *context);

/// One association. `digest` is the SHA-2 digest of `digest_bits` bits that the peer's certificate
/// must have.
c_rostrum_dtls *_Nullable c_rostrum_dtls_create(
    c_rostrum_dtls_context *context, bool server, uint32_t mtu,
    const uint8_t *digest, int digest_bits);
void c_rostrum_dtls_free(c_rostrum_dtls *dtls);

/// Feeds one datagram (none: NULL) and takes what is to be sent. Returns C_ROSTRUM_DTLS_*.
int c_rostrum_dtls_drive(
    c_rostrum_dtls *dtls, const uint8_t *_Nullable datagram, size_t count,
    c_rostrum_sink sink, void *target);

/// The time until the retransmission timer fires, in microseconds; negative when it is not set.
int64_t c_rostrum_dtls_timeout(c_rostrum_dtls *dtls);

/// Retransmits when the timer has fired. Returns C_ROSTRUM_DTLS_*.
int c_rostrum_dtls_handle_timeout(c_rostrum_dtls *dtls, c_rostrum_sink sink, void *target);

/// Sends close_notify.
void c_rostrum_dtls_close(c_rostrum_dtls *dtls, c_rostrum_sink sink, void *target);

/// The negotiated SRTP profile's number; 0 when there is none.
uint16_t c_rostrum_dtls_srtp_profile(c_rostrum_dtls *dtls);

/// Exports `count` bytes of keying material with the label of RFC 5764 section 4.2.
bool c_rostrum_dtls_export(c_rostrum_dtls *dtls, uint8_t *out, size_t count);

#pragma clang assume_nonnull end

#endif
