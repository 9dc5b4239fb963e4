#include "core/config/load_config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/config/cidr.h"
#include "core/config/env_file.h"
#include "core/config/listen_address.h"
#include "core/config/settings_reader.h"

namespace srsproxy {

namespace {

constexpr const char* NoFile = "no configuration file";

/// The file's text, one byte more than `limit` at most; nothing after noting a problem.
std::optional<std::string> readFile(const std::string& path, size_t limit,
                                    std::vector<Problem>& problems) {
    auto fail = [&](const std::string& reason) {
        problems.push_back({locationOf(path), "cannot be read: " + reason});
        return std::nullopt;
    };
    std::error_code code;
    if (std::filesystem::is_directory(path, code)) {
        return fail("it is a folder; wanted a file");
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return fail(std::generic_category().message(errno));
    }
    std::string text(limit + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (stream.bad()) {
        return fail(std::generic_category().message(errno));
    }
    text.resize(static_cast<size_t>(stream.gcount()));
    return text;
}

/// Something is there, readable or not.
bool exists(const std::string& path) {
    std::error_code code;
    return std::filesystem::exists(path, code) || code;
}

std::string inFolder(const std::string& folder, const char* name) {
    return folder.empty() ? name : folder + '/' + name;
}

std::optional<std::string> chooseFile(const ConfigOptions& options) {
    if (options.file) {
        return options.file;
    }
    if (std::string local = inFolder(options.workingFolder, "etc/proxy.yaml"); exists(local)) {
        return local;
    }
    const auto& system = options.systemFiles;
    const auto found = std::find_if(system.begin(), system.end(), exists);
    return found == system.end() ? std::nullopt : std::optional(*found);
}

} // namespace

LoadedConfig::LoadedConfig(Input input) : report_(std::make_unique<ConfigReport>()) {
    const bool haveFile = !input.name.empty();
    std::vector<Problem> problems = std::move(input.problems);
    const size_t before = problems.size();
    document_ = std::make_unique<ConfigDocument>(haveFile ? input.name : NoFile);
    if (input.text) {
        *document_ = ConfigDocument::parse(*input.text, input.name, problems);
    }
    const bool readable = input.text.has_value() == haveFile && problems.size() == before;
    file_ = std::move(input.name);

    EnvironmentEffects effects =
        applyEnvironment(input.environment, haveFile, input.installedProtocols, *document_);
    if (readable) { // what is missing from half a file says nothing
        notices_ = std::move(effects.notices);
    }
    defaultBackend_ = std::move(effects.defaultBackend);
    problems.insert(problems.end(), effects.problems.begin(), effects.problems.end());
    for (Problem& problem : problems) {
        report_->addProblem(std::move(problem.location), std::move(problem.message));
    }

    root_ = std::make_unique<ConfigSection>(document_->root(), *report_);
    SettingsReading reading = readSettings(*root_);
    settings_ = std::make_shared<const Settings>(std::move(reading.settings));
    balancerOptions_ = reading.balancerOptions;
    protocols_.insert(reading.protocols.begin(), reading.protocols.end());
    noticeUnreachableApi();
}

ConfigSection* LoadedConfig::protocol(std::string_view name) {
    const auto found = protocols_.find(name);
    return found == protocols_.end() ? nullptr : found->second;
}

Location LoadedConfig::placeOf(std::string_view path, std::optional<size_t> item) const {
    const ConfigNode* node = document_->find(path);
    while (node == nullptr) {
        const size_t dot = path.rfind('.');
        path = path.substr(0, dot == std::string_view::npos ? 0 : dot);
        node = document_->find(path);
    }
    return item && *item < node->items.size() ? node->items[*item].location : node->location;
}

void LoadedConfig::addProblem(Location place, std::string message) {
    report_->addProblem(std::move(place), std::move(message));
}

std::vector<Problem> LoadedConfig::finish() {
    root_->reportUnknown();
    return report_->problems();
}

void LoadedConfig::noticeUnreachableApi() {
    const auto allowed = CidrList::parse(settings_->systemApi.allow);
    if (!allowed || !loopbackNetworks().contains(*allowed)) {
        return;
    }
    for (const std::string& text : settings_->systemApi.listen) {
        const auto address = parseListenAddress(text);
        if (address && !isLoopback(*address)) {
            notices_.push_back("system_api.listen has " + text +
                               ", but system_api.allow lets in this machine only: origins "
                               "elsewhere cannot register until it names their networks");
        }
    }
}

LoadedConfig loadConfig(const ConfigOptions& options) {
    LoadedConfig::Input input;
    input.installedProtocols = options.installedProtocols;

    const std::string envName = inFolder(options.workingFolder, ".env");
    std::optional<std::string> envText;
    if (exists(envName)) {
        envText = readFile(envName, MaxEnvFileBytes, input.problems);
    }
    input.environment =
        joinEnvironment(envText.value_or(""), envName, options.environment, input.problems);

    if (const auto file = chooseFile(options)) {
        input.name = *file;
        input.text = readFile(*file, ConfigLimits{}.textBytes, input.problems);
    }
    return LoadedConfig(std::move(input));
}

} // namespace srsproxy
