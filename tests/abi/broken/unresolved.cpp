// A plugin that needs a function which is nowhere: it cannot be mapped.

#include "srsproxy/abi/descriptor.h"
#include "srsproxy/support.h"

srsproxy::IPlugin* madeElsewhere() noexcept;

SRSPROXY_DESCRIPTOR(srsproxy::PluginKindBalancer, "unresolved", "1.0.0", "MIT", &madeElsewhere)
