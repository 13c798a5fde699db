// DTLS 1.2 associations that read and write datagrams in memory.
#include "CSecurity.h"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "certificate.h"
#include "library.h"

struct c_rostrum_dtls_context {
    SSL_CTX *ssl;
};

struct c_rostrum_dtls {
    SSL *ssl;
    // The datagram and the sink of the call that is under way; NULL between calls.
    const uint8_t *incoming;
    size_t incoming_count;
    c_rostrum_sink sink;
    void *target;
    // The fingerprint that the peer must have.
    const EVP_MD *digest;
    unsigned int expected_count;
    uint8_t expected[EVP_MAX_MD_SIZE];
    bool matched, mismatched, established;
};

// ---- The BIO: one read is one datagram, one write is one datagram ----
// OpenSSL 3.0 has no memory BIO that keeps the boundaries (BIO_s_dgram_mem came with 3.2).

static int datagram_write(BIO *bio, const char *bytes, int count)
{
    c_rostrum_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    // Without a sink nobody asked for output: OpenSSL's state must not depend on it.
    if (dtls->sink != NULL && count > 0) {
        dtls->sink(dtls->target, (const uint8_t *)bytes, (size_t)count);
    }
    return count;
}

static int datagram_read(BIO *bio, char *bytes, int capacity)
{
    c_rostrum_dtls *dtls = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (dtls->incoming == NULL || capacity <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    size_t count = dtls->incoming_count;
    if (count > (size_t)capacity) count = (size_t)capacity;
    memcpy(bytes, dtls->incoming, count);
    dtls->incoming = NULL;  // what did not fit is lost, as with a socket
    return (int)count;
}

static long datagram_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio, (void)number, (void)pointer;
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: return 1;
    default: return 0;  // the MTU is set on the SSL and never asked for
    }
}

static int datagram_create(BIO *bio)
{
    BIO_set_init(bio, 1);
    return 1;
}

static BIO_METHOD *datagram_method;
static pthread_once_t datagram_method_once = PTHREAD_ONCE_INIT;

static void make_datagram_method(void)
{
    BIO_METHOD *method = BIO_meth_new(
        BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rostrum datagrams");
    if (method == NULL) return;
    BIO_meth_set_write(method, datagram_write);
    BIO_meth_set_read(method, datagram_read);
    BIO_meth_set_ctrl(method, datagram_ctrl);
    BIO_meth_set_create(method, datagram_create);
    datagram_method = method;
}

// ---- Context ----

// The peer is known by its fingerprint alone (RFC 8122, RFC 8827 section 6.5): no chain, no dates,
// no names. A mismatch fails the handshake with an alert, before any key is used.
static int verify_fingerprint(X509_STORE_CTX *store, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    c_rostrum_dtls *dtls = SSL_get_app_data(ssl);
    X509 *peer = X509_STORE_CTX_get0_cert(store);
    uint8_t actual[EVP_MAX_MD_SIZE];
    unsigned int count = sizeof actual;
    dtls->matched = peer != NULL && X509_digest(peer, dtls->digest, actual, &count) == 1
        && count == dtls->expected_count
        && CRYPTO_memcmp(actual, dtls->expected, count) == 0;
    dtls->mismatched = !dtls->matched;
    if (dtls->mismatched) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return dtls->matched;
}

static bool configure(SSL_CTX *ssl, const c_rostrum_certificate *certificate, const char *profiles)
{
    SSL_CTX_set_options(
        ssl, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION
            | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(ssl, 16 * 1024);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(ssl, verify_fingerprint, NULL);
    return SSL_CTX_set_min_proto_version(ssl, DTLS1_2_VERSION) == 1
        && SSL_CTX_set_cipher_list(
               ssl, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
                    "ECDHE-ECDSA-AES256-GCM-SHA384") == 1
        && SSL_CTX_set1_groups_list(ssl, "X25519:P-256:P-384") == 1
        && SSL_CTX_use_certificate(ssl, certificate->x509) == 1
        && SSL_CTX_use_PrivateKey(ssl, certificate->key) == 1
        && SSL_CTX_set_tlsext_use_srtp(ssl, profiles) == 0;  // 0 is success here
}

c_rostrum_dtls_context *c_rostrum_dtls_context_create(
    const c_rostrum_certificate *certificate, const char *profiles)
{
    pthread_once(&datagram_method_once, make_datagram_method);
    if (datagram_method == NULL) return NULL;
    c_rostrum_dtls_context *context = calloc(1, sizeof *context);
    if (context == NULL) return NULL;
    ERR_clear_error();
    context->ssl = SSL_CTX_new_ex(c_rostrum_library(), NULL, DTLS_method());
    if (context->ssl == NULL || !configure(context->ssl, certificate, profiles)) {
        c_rostrum_dtls_context_free(context);
        return NULL;
    }
    return context;
}

void c_rostrum_dtls_context_free(c_rostrum_dtls_context *context)
{
    SSL_CTX_free(context->ssl);
    free(context);
}

// ---- Association ----

// The peer's round trip is known to be short: ICE has just measured it. 250 ms, doubling up to 4 s
// (RFC 6347 section 4.2.4.1 lets applications start below its one second).
static unsigned int next_timeout(SSL *ssl, unsigned int microseconds)
{
    (void)ssl;
    if (microseconds == 0) return 250 * 1000;
    return microseconds >= 2000 * 1000 ? 4000 * 1000 : 2 * microseconds;
}

c_rostrum_dtls *c_rostrum_dtls_create(
    c_rostrum_dtls_context *context, bool server, uint32_t mtu, const uint8_t *digest,
    int digest_bits)
{
    c_rostrum_dtls *dtls = calloc(1, sizeof *dtls);
    BIO *bio = BIO_new(datagram_method);
    if (dtls != NULL) {
        dtls->digest = sha2(digest_bits);
        dtls->ssl = SSL_new(context->ssl);
    }
    if (bio == NULL || dtls == NULL || dtls->ssl == NULL || dtls->digest == NULL) {
        BIO_free(bio);
        if (dtls != NULL) c_rostrum_dtls_free(dtls);
        return NULL;
    }
    dtls->expected_count = (unsigned int)digest_bits / 8;
    memcpy(dtls->expected, digest, dtls->expected_count);
    BIO_set_data(bio, dtls);
    SSL_set_bio(dtls->ssl, bio, bio);
    SSL_set_app_data(dtls->ssl, dtls);
    SSL_set_mtu(dtls->ssl, (long)mtu);
    DTLS_set_timer_cb(dtls->ssl, next_timeout);
    if (server) {
        SSL_set_accept_state(dtls->ssl);
    } else {
        SSL_set_connect_state(dtls->ssl);
    }
    return dtls;
}

void c_rostrum_dtls_free(c_rostrum_dtls *dtls)
{
    SSL_free(dtls->ssl);
    free(dtls);
}

static int result_of(c_rostrum_dtls *dtls, int returned)
{
    switch (SSL_get_error(dtls->ssl, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return C_ROSTRUM_DTLS_PENDING;
    case SSL_ERROR_ZERO_RETURN: return C_ROSTRUM_DTLS_CLOSED;
    default:
        return dtls->mismatched ? C_ROSTRUM_DTLS_FINGERPRINT_MISMATCH : C_ROSTRUM_DTLS_FAILED;
    }
}

static int shake_hands(c_rostrum_dtls *dtls)
{
    int returned = SSL_do_handshake(dtls->ssl);
    if (returned != 1) return result_of(dtls, returned);
    dtls->established = dtls->matched;
    return dtls->matched ? C_ROSTRUM_DTLS_ESTABLISHED : C_ROSTRUM_DTLS_FINGERPRINT_MISMATCH;
}

// Once the keys are there, records that cannot be read are dropped (RFC 6347 section 4.1.2.7), whatever OpenSSL
// makes of them: anybody who knows the address can send some. An alert that it has believed was authentic.
static int result_after_handshake(c_rostrum_dtls *dtls, int returned)
{
    int result = result_of(dtls, returned);
    if (result != C_ROSTRUM_DTLS_FAILED) return result;
    bool is_alert = ERR_GET_REASON(ERR_peek_last_error()) > SSL_AD_REASON_OFFSET;
    return is_alert ? C_ROSTRUM_DTLS_CLOSED : C_ROSTRUM_DTLS_PENDING;
}

// Reads the records of one datagram: alerts, repeated handshake messages (which OpenSSL answers
// with its last flight), and data, which is dropped.
static int drain(c_rostrum_dtls *dtls)
{
    uint8_t scratch[SSL3_RT_MAX_PLAIN_LENGTH];
    bool data = false;
    for (int records = 0; records < 64; records++) {
        int returned = SSL_read(dtls->ssl, scratch, sizeof scratch);
        if (returned <= 0) {
            int result = result_after_handshake(dtls, returned);
            return result == C_ROSTRUM_DTLS_PENDING && data ? C_ROSTRUM_DTLS_DATA : result;
        }
        data = true;
    }
    return C_ROSTRUM_DTLS_DATA;
}

static void begin(c_rostrum_dtls *dtls, c_rostrum_sink sink, void *target)
{
    ERR_clear_error();
    dtls->sink = sink;
    dtls->target = target;
}

static int end(c_rostrum_dtls *dtls, int result)
{
    dtls->incoming = NULL;
    dtls->sink = NULL;
    dtls->target = NULL;
    ERR_clear_error();
    return result;
}

int c_rostrum_dtls_drive(
    c_rostrum_dtls *dtls, const uint8_t *datagram, size_t count, c_rostrum_sink sink, void *target)
{
    begin(dtls, sink, target);
    dtls->incoming = datagram;
    dtls->incoming_count = count;
    return end(dtls, dtls->established ? drain(dtls) : shake_hands(dtls));
}

int64_t c_rostrum_dtls_timeout(c_rostrum_dtls *dtls)
{
    struct timeval left;
    if (DTLSv1_get_timeout(dtls->ssl, &left) != 1) return -1;
    return (int64_t)left.tv_sec * 1000000 + left.tv_usec;
}

int c_rostrum_dtls_handle_timeout(c_rostrum_dtls *dtls, c_rostrum_sink sink, void *target)
{
    begin(dtls, sink, target);
    bool failed = DTLSv1_handle_timeout(dtls->ssl) < 0;
    return end(dtls, failed ? C_ROSTRUM_DTLS_TIMED_OUT : C_ROSTRUM_DTLS_PENDING);
}

void c_rostrum_dtls_close(c_rostrum_dtls *dtls, c_rostrum_sink sink, void *target)
{
    begin(dtls, sink, target);
    if (dtls->established) SSL_shutdown(dtls->ssl);
    end(dtls, C_ROSTRUM_DTLS_CLOSED);
}

uint16_t c_rostrum_dtls_srtp_profile(c_rostrum_dtls *dtls)
{
    const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(dtls->ssl);
    return profile == NULL ? 0 : (uint16_t)profile->id;
}

bool c_rostrum_dtls_export(c_rostrum_dtls *dtls, uint8_t *out, size_t count)
{
    static const char label[] = "EXTRACTOR-dtls_srtp";
    return dtls->established
        && SSL_export_keying_material(
               dtls->ssl, out, count, label, sizeof label - 1, NULL, 0, 0) == 1;
}
