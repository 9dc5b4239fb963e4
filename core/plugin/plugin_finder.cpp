#include "core/plugin/plugin_finder.h"

#include <filesystem>
#include <set>

#include "core/config/nearest_name.h"
#include "core/plugin/plugin_library.h"

namespace srsproxy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view Suffix = ".so";

const char* subfolder(PluginKind kind) {
    return kind == PluginKindBalancer ? "lb" : "protocol";
}

bool isPath(std::string_view text) {
    return text.find('/') != std::string_view::npos || text.ends_with(Suffix);
}

std::string listed(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text += (text.empty() ? "" : ", ") + item;
    }
    return text;
}

} // namespace

PluginFinder::PluginFinder(std::vector<std::string> folders, std::string installedFolder)
    : folders_(std::move(folders)) {
    folders_.push_back(std::move(installedFolder));
}

std::string PluginFinder::defaultFolder() {
    std::error_code code;
    const fs::path program = fs::read_symlink("/proc/self/exe", code);
    return (program.parent_path() / ".." / "lib" / "srs-proxy").lexically_normal().string();
}

Result<std::string> PluginFinder::find(std::string_view nameOrPath, PluginKind kind) const {
    std::error_code code;
    if (isPath(nameOrPath)) {
        const std::string path = fs::absolute(nameOrPath, code).string();
        if (!fs::exists(path, code)) {
            return Error{"plugin " + path + ": no such file"};
        }
        return path;
    }
    if (!isPluginName(nameOrPath)) {
        return Error{"\"" + std::string(nameOrPath.substr(0, 80)) +
                     "\" is no name of a plugin (1 to 64 characters out of a-z, 0-9 and _) and no "
                     "path (with a / or ending in .so)"};
    }
    std::vector<std::string> searched;
    for (const std::string& folder : folders_) {
        const fs::path place = fs::absolute(fs::path(folder) / subfolder(kind), code);
        const fs::path file = place / (std::string(nameOrPath) + std::string(Suffix));
        if (fs::exists(file, code)) {
            return file.string();
        }
        searched.push_back(place.string());
    }
    std::string message = "no " + std::string(kindName(kind)) + " plugin \"" +
                          std::string(nameOrPath) + "\" in " + listed(searched);
    const std::vector<std::string> names = installed(kind);
    if (names.empty()) {
        return Error{message + "; no plugin of that kind is there: set plugins.path"};
    }
    const std::string nearest = nearestName(nameOrPath, names);
    if (!nearest.empty()) {
        message += " (did you mean \"" + nearest + "\"?)";
    }
    return Error{message + "; installed: " + listed(names)};
}

std::vector<std::string> PluginFinder::installed(PluginKind kind) const {
    std::set<std::string> names;
    for (const std::string& folder : folders_) {
        std::error_code code;
        fs::directory_iterator entry(fs::path(folder) / subfolder(kind), code);
        for (; !code && entry != fs::directory_iterator(); entry.increment(code)) {
            const fs::path file = entry->path().filename();
            if (file.extension() == Suffix && isPluginName(file.stem().string())) {
                names.insert(file.stem().string());
            }
        }
    }
    return {names.begin(), names.end()};
}

} // namespace srsproxy
