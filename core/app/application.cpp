#include "core/app/application.h"

#include <csignal>
#include <iostream>
#include <optional>

#include <unistd.h>

#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionCallback.h>

#include "core/app/force_quit.h"
#include "core/app/proxy.h"
#include "core/app/signals.h"
#include "core/base/log_poco.h"
#include "core/plugin/conformance.h"

extern char** environ;

namespace srsproxy {
namespace {

std::map<std::string, std::string> processEnvironment() {
    std::map<std::string, std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (const size_t equals = text.find('='); equals != std::string_view::npos) {
            result.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return result;
}

} // namespace

void Application::defineOptions(Poco::Util::OptionSet& options) {
    const auto add = [&](const char* name, const char* letter, const char* what,
                         const char* argument) {
        Poco::Util::Option option(name, letter, what, false);
        if (*argument != '\0') {
            option.argument(argument);
        }
        options.addOption(
            option.callback(Poco::Util::OptionCallback<Application>(this, &Application::take)));
    };
    add("config", "c",
        "read FILE; else etc/proxy.yaml, then /etc/srs-proxy/proxy.yaml, then the "
        "environment only",
        "FILE");
    add("check-config", "t", "print every problem of the configuration, and start nothing", "");
    add("check-plugin", "", "load the plugin FILE and run it through the script of its kind",
        "FILE");
    add("version", "V", "print the version", "");
    add("help", "h", "print this", "");
}

void Application::take(const std::string& name, const std::string& value) {
    if (name == "config") {
        configFile_ = value;
        return;
    }
    if (name == "check-plugin") {
        pluginFile_ = value;
        task_ = Task::CheckPlugin;
    } else {
        task_ = name == "check-config" ? Task::CheckConfig
                : name == "version"    ? Task::Version
                                       : Task::Help;
    }
}

int Application::main(const std::vector<std::string>& arguments) {
    if (!arguments.empty()) {
        std::cerr << "srs-proxy: unexpected argument \"" << arguments.front()
                  << "\"; see srs-proxy --help\n";
        return EXIT_USAGE;
    }
    switch (task_) {
    case Task::Serve:
        return serve();
    case Task::CheckConfig:
        return checkConfig();
    case Task::CheckPlugin:
        return checkPlugin();
    case Task::Version:
        std::cout << "srs-proxy " << SRSPROXY_VERSION << " (plugin ABI " << SRSPROXY_ABI_MAJOR
                  << "." << SRSPROXY_ABI_MINOR << ")\n";
        return EXIT_OK;
    case Task::Help:
        return help();
    }
    return EXIT_SOFTWARE;
}

int Application::help() {
    Poco::Util::HelpFormatter formatter(options());
    formatter.setCommand("srs-proxy");
    formatter.setUsage("[options]");
    formatter.setHeader("Makes many independent media servers look like one.");
    formatter.setWidth(100);
    formatter.format(std::cout);
    return EXIT_OK;
}

ConfigOptions Application::configOptions() const {
    ConfigOptions options;
    if (!configFile_.empty()) {
        options.file = configFile_;
    }
    options.environment = processEnvironment();
    options.systemFiles.push_back(PluginFinder::defaultFolder() +
                                  "/../../etc/srs-proxy/proxy.yaml");
    options.installedProtocols = PluginFinder({}).installed(PluginKindProtocol);
    return options;
}

ProductInfo Application::product() const {
    return {SRSPROXY_VERSION, std::to_string(::getpid())};
}

int Application::checkPlugin() {
    return runConformance(pluginFile_, std::cout) ? EXIT_OK : 1;
}

int Application::checkConfig() {
    LoadedConfig config = loadConfig(configOptions());
    Proxy proxy(config, product(), Log(std::make_shared<NullLogSink>(), "process"));
    proxy.prepare();
    const std::vector<Problem> problems = config.finish();
    for (const Problem& problem : problems) {
        std::cout << problem.text() << '\n';
    }
    for (const std::string& notice : config.notices()) {
        std::cout << "note: " << notice << '\n';
    }
    if (problems.empty()) {
        std::cout << (config.file().empty() ? "the environment" : config.file()) << ": ok\n";
    }
    return problems.empty() ? EXIT_OK : 1;
}

int Application::serve() {
    const SteadyClock clock;
    LoadedConfig config = loadConfig(configOptions());
    const Settings& settings = *config.settings();

    PocoLogOptions logOptions;
    logOptions.level = parseLogLevel(settings.log.level).value_or(LogInfo);
    logOptions.format = settings.log.format == "json" ? LogFormat::Json : LogFormat::Text;
    logOptions.file = settings.log.file;
    logOptions.repeatsPerSecond = settings.log.repeatsPerSecond;
    auto sink = PocoLogSink::open(logOptions, clock);
    if (!sink) {
        std::cerr << "srs-proxy: " << sink.error().message << '\n';
        return EXIT_CONFIG;
    }
    const Log log(*sink, "process");
    log.info("configuration", config.file().empty() ? "no configuration file: environment only"
                                                    : "configuration: " + config.file());

    std::optional<ForceQuit> forceQuit; // outlives the proxy, whose end it bounds
    Proxy proxy(config, product(), log);
    proxy.prepare();
    std::vector<std::string> refusals;
    for (const Problem& problem : config.finish()) {
        refusals.push_back(problem.text());
    }
    for (const std::string& notice : config.notices()) {
        log.warning("configuration", notice);
    }
    if (refusals.empty()) {
        proxy.everySecond([&sink] { (*sink)->tick(); });
        if (auto started = proxy.start(); !started) {
            refusals.push_back(started.error().message);
        }
    }
    if (!refusals.empty()) {
        for (size_t i = 0; i < refusals.size(); ++i) {
            // Each is a kind of its own: none of them is held back.
            log.error("not started " + std::to_string(i + 1), "not started: " + refusals[i]);
            if (!settings.log.file.empty()) {
                std::cerr << "srs-proxy: not started: " << refusals[i] << '\n';
            }
        }
        forceQuit.emplace(settings.process.forceQuitTimeout, log);
        return EXIT_CONFIG;
    }

    for (;;) {
        const int signal = waitForSignal();
        if (isEndSignal(signal)) {
            break;
        }
        if (signal == SIGUSR1) {
            auto reopened = (*sink)->reopen();
            log.info("log", reopened ? "log file opened anew"
                                     : "log file kept: " + reopened.error().message);
        } else {
            log.warning("reload", "SIGHUP: this version does not reload its configuration");
        }
    }
    forceQuit.emplace(settings.process.forceQuitTimeout, log);
    proxy.stop(settings.process.graceQuitTimeout, [](Milliseconds wait) {
        const std::optional<int> signal = waitForSignal(wait);
        return signal && isEndSignal(*signal);
    });
    return EXIT_OK;
}

} // namespace srsproxy
