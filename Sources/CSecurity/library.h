#ifndef ROSTRUM_LIBRARY_H
#define ROSTRUM_LIBRARY_H

#include <openssl/types.h>

/// OpenSSL's algorithms without the decoders that a certificate does not need; NULL, which stands for
/// all of them, when that cannot be had.
OSSL_LIB_CTX *c_rostrum_library(void);

#endif
