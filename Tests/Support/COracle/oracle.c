#include "COracle.h"

#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

struct c_oracle_srtp {
    srtp_t session;
    unsigned char key[30];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void initialise(void) { srtp_init(); }

c_oracle_srtp *c_oracle_srtp_create(uint16_t profile, bool sending, const uint8_t *key)
{
    pthread_once(&once, initialise);
    c_oracle_srtp *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL) return NULL;
    bool gcm = profile == 7;
    memcpy(oracle->key, key, gcm ? 28 : 30);
    srtp_policy_t policy;
    memset(&policy, 0, sizeof policy);
    if (gcm) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    policy.ssrc.type = sending ? ssrc_any_outbound : ssrc_any_inbound;
    policy.key = oracle->key;
    policy.window_size = 128;
    policy.allow_repeat_tx = 1;
    if (srtp_create(&oracle->session, &policy) != srtp_err_status_ok) {
        free(oracle);
        return NULL;
    }
    return oracle;
}

void c_oracle_srtp_free(c_oracle_srtp *oracle)
{
    srtp_dealloc(oracle->session);
    free(oracle);
}

static int result(srtp_err_status_t status, int count)
{
    return status == srtp_err_status_ok ? count : -(int)status;
}

int c_oracle_srtp_protect(c_oracle_srtp *oracle, uint8_t *packet, int count)
{
    srtp_err_status_t status = srtp_protect(oracle->session, packet, &count);
    return result(status, count);
}

int c_oracle_srtp_unprotect(c_oracle_srtp *oracle, uint8_t *packet, int count)
{
    srtp_err_status_t status = srtp_unprotect(oracle->session, packet, &count);
    return result(status, count);
}

int c_oracle_srtp_protect_rtcp(c_oracle_srtp *oracle, uint8_t *packet, int count)
{
    srtp_err_status_t status = srtp_protect_rtcp(oracle->session, packet, &count);
    return result(status, count);
}

int c_oracle_srtp_unprotect_rtcp(c_oracle_srtp *oracle, uint8_t *packet, int count)
{
    srtp_err_status_t status = srtp_unprotect_rtcp(oracle->session, packet, &count);
    return result(status, count);
}
