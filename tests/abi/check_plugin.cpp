// check_plugin FILE…: what `srs-proxy --check-plugin` does, for plugins that CI builds.

#include <iostream>

#include "core/plugin/conformance.h"

int main(int argc, char** argv) {
    bool good = argc > 1;
    for (int index = 1; index < argc; ++index) {
        good = srsproxy::runConformance(argv[index], std::cout) && good;
    }
    return good ? 0 : 1;
}
