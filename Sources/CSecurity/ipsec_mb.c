#include "ipsec_mb.h"

#ifdef HAS_IPSEC_MB

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct {
    IMB_MGR *(*allocate)(uint64_t);
    void (*release)(IMB_MGR *);
    void (*start)(IMB_MGR *, IMB_ARCH *);
    int (*error)(IMB_MGR *);
} library;

static void load(void)
{
    void *handle = dlopen("libIPSec_MB.so.1", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return;
    const char *(*version)(void) = dlsym(handle, "imb_get_version_str");
    // The table's layout belongs to the version.
    if (version == NULL || strcmp(version(), IMB_VERSION_STR) != 0) return;
    library.release = dlsym(handle, "free_mb_mgr");
    library.start = dlsym(handle, "init_mb_mgr_auto");
    library.error = dlsym(handle, "imb_get_errno");
    if (library.release == NULL || library.start == NULL || library.error == NULL) return;
    library.allocate = dlsym(handle, "alloc_mb_mgr");
}

IMB_MGR *ipsec_mb_open(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (library.allocate == NULL) return NULL;
    IMB_MGR *manager = library.allocate(0);
    if (manager == NULL) return NULL;
    IMB_ARCH architecture = IMB_ARCH_NONE;
    library.start(manager, &architecture);
    // Without AES instructions the library computes them in software, slower than OpenSSL.
    if (library.error(manager) == 0 && architecture > IMB_ARCH_NOAESNI) return manager;
    library.release(manager);
    return NULL;
}

void ipsec_mb_close(IMB_MGR *manager)
{
    if (manager != NULL) library.release(manager);
}

static const IMB_MGR *functions;

static void open_functions(void) { functions = ipsec_mb_open(); }

const IMB_MGR *ipsec_mb_functions(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_functions);
    return functions;
}

#endif
