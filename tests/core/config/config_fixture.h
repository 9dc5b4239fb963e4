#pragma once

/// What the tests of this folder share: a text as a section, and problems as lines.

#include <string>
#include <vector>

#include "core/base/abi.h"
#include "core/config/config_section.h"
#include "core/config/load_config.h"

namespace srsproxy {

inline std::vector<std::string> textsOf(const std::vector<Problem>& problems) {
    std::vector<std::string> lines;
    for (const Problem& problem : problems) {
        lines.push_back(problem.text());
    }
    return lines;
}

class TextsOf final : public IStrSink {
public:
    void accept(Str text) noexcept override { values.emplace_back(view(text)); }
    std::vector<std::string> values;
};

/// A document named `f` that was parsed without problems, its report and its root section.
struct SectionOf {
    explicit SectionOf(const std::string& yaml)
        : document(ConfigDocument::parse(yaml, "f", parseProblems)), root(document.root(), report) {
    }

    std::vector<std::string> problems() const { return textsOf(report.problems()); }

    std::vector<Problem> parseProblems;
    ConfigDocument document;
    ConfigReport report;
    ConfigSection root;
};

/// A configuration from texts: a file named `f`, or none when `yaml` is null.
inline LoadedConfig configOf(const char* yaml, const std::map<std::string, std::string>& variables,
                             std::vector<std::string> installed = {"rtmp"}) {
    LoadedConfig::Input input;
    if (yaml != nullptr) {
        input.name = "f";
        input.text = yaml;
    }
    input.environment = joinEnvironment("", ".env", variables, input.problems);
    input.installedProtocols = std::move(installed);
    return LoadedConfig(std::move(input));
}

/// What a protocol reads from `listen`, as the rtmp plugin does.
inline std::vector<std::string> listenOf(LoadedConfig& config, const char* protocol) {
    TextsOf sink;
    const Str fallback = str("default");
    config.protocol(protocol)->texts(str("listen"), &fallback, 1, &sink);
    return sink.values;
}

} // namespace srsproxy
