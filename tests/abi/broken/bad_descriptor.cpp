// A plugin whose descriptor is wrong in the one way that the build says. It must be refused by
// the bytes of its file: its static initialiser ends the process, and so does create().

#include <stdlib.h>

#include "srsproxy/abi/descriptor.h"

#ifndef BAD_SIZE
#define BAD_SIZE sizeof(srsproxy::PluginDescriptor)
#endif
#ifndef BAD_MAGIC
#define BAD_MAGIC srsproxy::PluginMagic
#endif
#ifndef BAD_MAJOR
#define BAD_MAJOR SRSPROXY_ABI_MAJOR
#endif
#ifndef BAD_KIND
#define BAD_KIND srsproxy::PluginKindBalancer
#endif
#ifndef BAD_NAME
#define BAD_NAME "bad_descriptor"
#endif

__attribute__((constructor)) static void runsWhenMapped() {
    abort();
}

static srsproxy::IPlugin* create() noexcept {
    abort();
}

extern "C" {
extern __attribute__((visibility("default"))) const srsproxy::PluginDescriptor srsproxy_plugin;
const srsproxy::PluginDescriptor srsproxy_plugin = {BAD_SIZE, BAD_MAGIC, BAD_MAJOR, 7,
                                                    BAD_KIND, BAD_NAME,  "1.0.0",   "MIT",
                                                    "1.0.0",  "test",    &create,   {0, 0, 0, 0}};
}
