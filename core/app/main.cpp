#include "core/app/application.h"
#include "core/app/signals.h"

int main(int argc, char** argv) {
    srsproxy::blockSignals();
    srsproxy::Application application;
    return application.run(argc, argv);
}
