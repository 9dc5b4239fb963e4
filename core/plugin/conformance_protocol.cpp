#include "core/plugin/conformance_kinds.h"
#include "core/plugin/default_config.h"

namespace srsproxy {

void checkProtocol(Plugin& plugin, StepReporter& report) {
    for (const char* round : {"create with default settings", "create a second one"}) {
        DefaultConfig config;
        report.step(round);
        Result<Owned<IProtocol>> protocol = plugin.makeProtocol(config);
        if (!protocol) {
            report.fail(std::string(round) + ": " + protocol.error().message);
            return;
        }
        report.ok(round);
        reportSettings(config, report);
        report.step("destroy");
        protocol.value().reset();
        report.ok("destroy");
    }
}

} // namespace srsproxy
