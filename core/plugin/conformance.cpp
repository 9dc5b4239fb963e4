#include "core/plugin/conformance.h"

#include <ostream>

#include "core/base/abi.h"
#include "core/plugin/conformance_core.h"
#include "core/plugin/conformance_kinds.h"
#include "core/plugin/default_config.h"

namespace srsproxy {
namespace {

std::string orUnknown(const std::string& text) {
    return text.empty() ? "(known only once loaded)" : text;
}

void printDescriptor(const DescriptorFacts& facts, std::ostream& out) {
    out << "kind:     " << kindName(facts.kind) << '\n'
        << "name:     " << orUnknown(facts.name) << '\n'
        << "version:  " << orUnknown(facts.version) << '\n'
        << "license:  " << orUnknown(facts.license) << '\n'
        << "ABI:      " << facts.abiMajor << '.' << facts.abiMinor << '\n'
        << "SDK:      " << orUnknown(facts.sdkVersion) << '\n'
        << "compiler: " << orUnknown(facts.compiler) << std::endl;
}

bool checkExports(const ElfFacts& facts, std::ostream& out) {
    if (facts.exportCount == 1 && facts.uniqueCount == 0) {
        out << "ok   exports " SRSPROXY_DESCRIPTOR_SYMBOL " and nothing else" << std::endl;
        return true;
    }
    std::string names;
    for (const std::string& name : facts.exports) {
        names += (names.empty() ? "" : ", ") + name;
    }
    if (facts.exportCount > facts.exports.size()) {
        names += ", …";
    }
    out << "FAIL exports " << facts.exportCount << " symbols (" << names
        << "), wanted only " SRSPROXY_DESCRIPTOR_SYMBOL
           ": link with the SDK's version script (SrsProxy::plugin, or pkg-config --libs srsproxy)"
        << std::endl;
    return false;
}

/// Runs in the child.
void checkLoaded(const std::string& path, StepReporter& report, const ConformanceLimits& limits) {
    report.step("load");
    const Result<PluginLibrary> library = PluginLibrary::load(path, 0);
    if (!library) {
        report.fail("load: " + library.error().message);
        return;
    }
    report.ok("load");
    ConformanceCore core;
    report.step("create and init");
    Result<Plugin> started = Plugin::start(*library, core.core());
    if (!started) {
        report.fail(started.error().message);
        return;
    }
    report.ok("create and init");
    {
        Plugin plugin = std::move(started).value();
        report.step("query");
        if (plugin.answersUnknownIds()) {
            report.fail("query: it answers to an id that it cannot know; wanted null");
        } else {
            report.ok("query: null for an unknown id");
        }
        if (library->descriptor().kind == PluginKindBalancer) {
            checkBalancer(plugin, report, limits.pick);
        } else {
            checkProtocol(plugin, report);
        }
        report.step("stop and destroy");
    }
    report.ok("stop and destroy");
}

} // namespace

void reportSettings(const DefaultConfig& config, StepReporter& report) {
    for (const std::string& problem : config.problems()) {
        report.fail("settings: " + problem);
    }
    std::string keys;
    for (const std::string& key : config.keys()) {
        keys += (keys.empty() ? "" : ", ") + key;
    }
    report.ok("settings read: " + (keys.empty() ? std::string("none") : keys));
}

bool runConformance(const std::string& path, std::ostream& out, const ConformanceLimits& limits) {
    out << "plugin:   " << path << std::endl;
    const Result<ElfFacts> facts = probeFile(path);
    if (!facts) {
        out << "FAIL " << facts.error().message << std::endl;
        return false;
    }
    if (facts->descriptor && facts->descriptor->magic == PluginMagic) {
        printDescriptor(*facts->descriptor, out);
    }
    if (!facts->descriptor || !refusalOf(*facts->descriptor, 0).empty()) {
        // load() refuses such a file by its bytes: none of its code runs.
        out << "FAIL " << PluginLibrary::load(path, 0).error().message << std::endl;
        return false;
    }
    out << "ok   descriptor" << std::endl;
    const bool exportsOk = checkExports(*facts, out);
    const bool behaves = runSandboxed(
        [&](StepReporter& report) { checkLoaded(path, report, limits); }, limits.step, out);
    return exportsOk && behaves;
}

} // namespace srsproxy
