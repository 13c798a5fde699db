// libipsec_mb, opened at run time so that one binary runs with and without it. What it exports is a table
// of functions for the processor that it finds itself on.
#ifndef CSECURITY_IPSEC_MB_H
#define CSECURITY_IPSEC_MB_H

#if defined(__x86_64__) && __has_include(<intel-ipsec-mb.h>)
#define HAS_IPSEC_MB 1

#include <intel-ipsec-mb.h>

/// A table of its own for the caller, with the state that jobs need: for one thread at a time. NULL where
/// the library is not installed, is of another version than this was built with, or would compute AES
/// without the processor's help.
IMB_MGR *ipsec_mb_open(void);

void ipsec_mb_close(IMB_MGR *manager);

/// The one that all threads share, for functions that keep nothing in it: GCM and the expansion of keys.
/// NULL as above.
const IMB_MGR *ipsec_mb_functions(void);

#endif
#endif
