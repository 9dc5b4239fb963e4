#include <algorithm>
#include <iostream>
#include <string_view>

#include "core/app/application.h"
#include "core/app/signals.h"

int main(int argc, char** argv) {
    // Poco would go to the background before it reads any other option.
    if (std::any_of(argv + 1, argv + argc, [](const char* argument) {
            return std::string_view(argument) == "--daemon";
        })) {
        std::cerr
            << "srs-proxy: runs in the foreground; let systemd or another supervisor keep it\n";
        return Poco::Util::Application::EXIT_USAGE;
    }
    srsproxy::blockSignals();
    srsproxy::Application application;
    return application.run(argc, argv);
}
