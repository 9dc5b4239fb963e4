#pragma once

/// From what the configuration says, a name or a path, to a plugin's file. Each folder of the
/// search path has the subfolders `protocol/` and `lb/`, and in them `<name>.so`.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "srsproxy/abi/descriptor.h"

namespace srsproxy {

class PluginFinder {
public:
    /// `folders` (plugins.path) are searched in order, then `installedFolder`.
    explicit PluginFinder(std::vector<std::string> folders,
                          std::string installedFolder = defaultFolder());

    /// `../lib/srs-proxy`, seen from the folder of the running program.
    static std::string defaultFolder();

    /// The file of that plugin, as an absolute path. What holds a `/` or ends in `.so` is a path
    /// and taken as it is. The error lists the folders searched and the nearest name there.
    Result<std::string> find(std::string_view nameOrPath, PluginKind kind) const;

    /// Names of the plugins in all folders, sorted, each once.
    std::vector<std::string> installed(PluginKind kind) const;

private:
    std::vector<std::string> folders_;
};

} // namespace srsproxy
