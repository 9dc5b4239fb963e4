#pragma once

/// The whole configuration of one start: file, `.env`, environment, defaults. On the main thread.
///
///   LoadedConfig config = loadConfig(options);
///   … create the plugins, each with its section …
///   for (const Problem& problem : config.finish()) …   // none: go on
///
/// Problems never end the reading: the defaults stand in, so that all are shown at once.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config_section.h"
#include "core/config/environment.h"
#include "core/config/settings.h"

namespace srsproxy {

struct ConfigOptions {
    std::optional<std::string> file; ///< `--config`; nothing: the usual places
    std::string workingFolder;       ///< for etc/proxy.yaml and .env; empty: the process's own
    std::vector<std::string> systemFiles{"/etc/srs-proxy/proxy.yaml"}; ///< the first there is
    std::map<std::string, std::string> environment;
    std::vector<std::string> installedProtocols; ///< all on when there is no file
};

class LoadedConfig {
public:
    /// From texts alone; what loadConfig() makes of what it has read.
    struct Input {
        std::optional<std::string> text; ///< of the file; nothing: there is none
        std::string name;                ///< of the file, for messages
        Environment environment;
        std::vector<std::string> installedProtocols;
        std::vector<Problem> problems; ///< of the reading so far
    };
    explicit LoadedConfig(Input input);

    /// Never null. To be used only when finish() reports nothing.
    std::shared_ptr<const Settings> settings() const { return settings_; }
    const std::optional<DefaultBackend>& defaultBackend() const { return defaultBackend_; }

    /// Sections for plugins; they live as long as this object.
    ConfigSection& balancerOptions() { return *balancerOptions_; }
    /// Null unless `name` is in settings()->protocols.
    ConfigSection* protocol(std::string_view name);

    /// The file that was read, or empty.
    const std::string& file() const { return file_; }
    /// Lines for the log that stop nothing: variables without effect, and the like.
    const std::vector<std::string>& notices() const { return notices_; }

    /// Where the setting `path` (`balancer.strategy`) stands, or the nearest thing around it; of
    /// a list, its item of that index.
    Location placeOf(std::string_view path, std::optional<size_t> item = std::nullopt) const;
    /// A problem that shows only when a setting is used. Before finish().
    void addProblem(Location place, std::string message);

    /// To be called when the plugins have read their sections: adds the keys that nobody asked
    /// for. All problems, by place.
    std::vector<Problem> finish();
    /// Every key asked for so far, with its default and its value.
    const std::vector<ReadRecord>& reads() const { return report_->records(); }

private:
    void noticeUnreachableApi();

    std::string file_;
    std::unique_ptr<ConfigDocument> document_;
    std::unique_ptr<ConfigReport> report_;
    std::unique_ptr<ConfigSection> root_;
    std::shared_ptr<const Settings> settings_;
    std::optional<DefaultBackend> defaultBackend_;
    ConfigSection* balancerOptions_ = nullptr;
    std::map<std::string, ConfigSection*, std::less<>> protocols_;
    std::vector<std::string> notices_;
};

/// Reads the files and makes a LoadedConfig of them. The file is the one given, or etc/proxy.yaml
/// in the working folder, or the system's, or none.
LoadedConfig loadConfig(const ConfigOptions& options);

} // namespace srsproxy
