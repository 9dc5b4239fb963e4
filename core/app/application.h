#pragma once

/// The command line, and the life of the process around a Proxy, on Poco's ServerApplication.
/// Runs in the foreground: a supervisor keeps it.

#include <string>
#include <vector>

#include <Poco/Util/ServerApplication.h>

#include "core/api/versions_reply.h"
#include "core/config/load_config.h"

namespace srsproxy {

class Application final : public Poco::Util::ServerApplication {
protected:
    void defineOptions(Poco::Util::OptionSet& options) override;
    int main(const std::vector<std::string>& arguments) override;

private:
    enum class Task { Serve, CheckConfig, CheckPlugin, Version, Help };

    void take(const std::string& name, const std::string& value);
    ConfigOptions configOptions() const;
    ProductInfo product() const;
    int help();
    int checkConfig();
    int checkPlugin();
    int serve();

    Task task_ = Task::Serve;
    std::string configFile_;
    std::string pluginFile_;
};

} // namespace srsproxy
