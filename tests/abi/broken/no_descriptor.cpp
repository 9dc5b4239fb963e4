// A shared object that is no plugin.

#include <stdlib.h>

__attribute__((constructor)) static void runsWhenMapped() {
    abort();
}

extern "C" __attribute__((visibility("default"))) int somethingElse() {
    return 1;
}
