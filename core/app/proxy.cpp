#include "core/app/proxy.h"

#include "core/app/default_backend.h"
#include "core/base/abi.h"

namespace srsproxy {
namespace {

constexpr Milliseconds DefaultBackendPeriod{30'000}; // as the Go proxy does
constexpr Milliseconds LastWords{2'000};             // for sessions that were asked to end
constexpr Milliseconds HurryPeriod{50};

/// Stands in for a balancer that could not be loaded, so that all else can be judged too.
class NoBalancer final : public IBalancer {
public:
    int32_t update(const OriginSet*, IErrorSink*) noexcept override { return StatusOk; }
    int64_t pick(const PickRequest*, IErrorSink*) noexcept override { return PickNone; }
    void* query(Str) noexcept override { return nullptr; }
    void destroy() noexcept override { delete this; }
};

void logListeners(const Log& log, const HttpServer& server) {
    for (const HttpListen& address : server.bound()) {
        const bool v6 = address.host.find(':') != std::string::npos;
        log.info("listening", "listening on " + (v6 ? "[" + address.host + "]" : address.host) +
                                  ":" + std::to_string(address.port));
    }
}

} // namespace

Proxy::Proxy(LoadedConfig& config, ProductInfo product, Log log)
    : config_(config), settings_(config.settings()), product_(std::move(product)),
      log_(std::move(log)), startedAt_(clock_.now()), metrics_(log_.named("metrics")),
      registry_(settings_->registry, clock_, resolver_, log_.named("registry")),
      originsService_(registry_), store_(settings_->store.maxBytes, clock_), storeService_(store_),
      httpApi_(product_, log_.named("http_api")),
      loops_(settings_->process.eventLoops, log_.named("event")), parts_(loops_),
      liveOrigins_(registry_) {}

Proxy::~Proxy() {
    maintenance_.stop();
    systemServer_.reset();
    httpServer_.reset();
    parts_.destroy();
    loops_.stop();
}

void Proxy::loadBalancerAndRouter(const PluginFinder& finder) {
    const ServicePointers services{nullptr, &metrics_, nullptr, nullptr};
    auto balancer = loadBalancer(config_, finder, services, log_);
    if (balancer) {
        balancer_ = std::move(*balancer);
    } else {
        config_.addProblem(config_.placeOf("balancer.strategy"), balancer.error().message);
        balancer_.object.reset(new NoBalancer);
    }
    balancerHost_ = std::make_unique<BalancerHost>(*balancer_.object, balancer_.name,
                                                   log_.named("router"), &metrics_, &clock_);
    router_ = std::make_unique<Router>(settings_->router, clock_, registry_, *balancerHost_,
                                       log_.named("router"));
    sessions_ = std::make_unique<SessionTable>(settings_->limits, clock_, *router_, metrics_,
                                               log_.named("sessions"), loops_.size());
}

void Proxy::prepare() {
    const PluginFinder finder(settings_->plugins.path);
    loadBalancerAndRouter(finder);
    for (const ProtocolSettings& protocol : settings_->protocols) {
        ServicePointers services;
        services.sessions = sessions_->serviceFor(protocol.name);
        services.metrics = &metrics_;
        services.store = storeService_.serviceFor(protocol.name);
        services.httpRoutes = &httpApi_.routes();
        services.origins = &originsService_;
        auto loaded = loadProtocol(protocol, config_, finder, services, log_);
        if (loaded) {
            protocols_.push_back(std::move(*loaded));
        } else {
            config_.addProblem(config_.placeOf("protocols." + protocol.name + ".plugin"),
                               loaded.error().message);
        }
    }
    judgeOrigins();
}

void Proxy::judgeOrigins() {
    for (size_t i = 0; i < settings_->origins.size(); ++i) {
        auto registration = registrationOf(settings_->origins[i]);
        if (registration) {
            staticOrigins_.push_back(std::move(*registration));
        } else {
            config_.addProblem(config_.placeOf("origins", i), registration.error().message);
        }
    }
    if (config_.defaultBackend()) {
        auto registration = registrationOf(*config_.defaultBackend());
        if (registration) {
            defaultBackend_ = std::move(*registration);
        } else {
            config_.addProblem(locationOf("environment"), registration.error().message);
        }
    }
}

Result<Done> Proxy::enrollConfigured() {
    for (const Registration& origin : staticOrigins_) {
        if (auto id = registry_.enroll(origin, OriginSource::Static); !id) {
            return Error{"origins: " + origin.server + ": " + id.error().message};
        }
    }
    if (defaultBackend_) {
        if (auto id = registry_.enroll(*defaultBackend_, OriginSource::DefaultBackend); !id) {
            return Error{"PROXY_DEFAULT_BACKEND_*: " + id.error().message};
        }
        maintenance_.every(DefaultBackendPeriod, [this] {
            // Keeps an operator's removal from being for ever; an error is logged there.
            [[maybe_unused]] const auto id =
                registry_.enroll(*defaultBackend_, OriginSource::DefaultBackend);
        });
    }
    return Done{};
}

Result<Done> Proxy::start() {
    if (auto enrolled = enrollConfigured(); !enrolled) {
        return enrolled;
    }
    if (auto opened = openServers(); !opened) {
        return opened;
    }
    for (LoadedPlugin<IProtocol>& protocol : protocols_) {
        ErrorText errors;
        if (protocol.object->open(loops_.size(), &errors) != StatusOk) {
            return Error{"protocols." + protocol.name + ": " + errors.text()};
        }
    }
    loops_.start();
    for (LoadedPlugin<IProtocol>& protocol : protocols_) {
        if (auto attached = parts_.attach(protocol.name, *protocol.object); !attached) {
            return attached;
        }
    }
    addDuties();
    addFigures();
    maintenance_.start();
    if (systemServer_) {
        systemServer_->start();
    }
    if (httpServer_) {
        httpServer_->start();
    }
    systemApi_->setPhase(ProcessPhase::Serving);
    if (protocols_.empty()) {
        log_.warning("no protocols", "no protocol is listed under `protocols`: nothing is relayed");
    }
    log_.info("ready", "ready: version " + product_.version + ", " + std::to_string(loops_.size()) +
                           " event loops, " + std::to_string(protocols_.size()) +
                           " protocols, balancer " + balancer_.name);
    return Done{};
}

Result<Done> Proxy::openServers() {
    liveStreams_ = std::make_unique<LiveStreams>(*router_);
    liveSessions_ = std::make_unique<LiveSessions>(*sessions_);
    auto api = SystemApi::create(settings_->systemApi,
                                 SystemApiParts{liveOrigins_, *liveStreams_, *liveSessions_, clock_,
                                                [this] { return metrics_.expose(); }},
                                 product_, log_.named("system_api"));
    if (!api) {
        return api.error();
    }
    systemApi_ = std::move(*api);

    if (!settings_->systemApi.listen.empty()) {
        auto options = serverOptions(settings_->systemApi, product_);
        if (!options) {
            return options.error();
        }
        auto server = HttpServer::open(*options, *systemApi_, log_.named("system_api"));
        if (!server) {
            return server.error();
        }
        systemServer_ = std::move(*server);
        logListeners(log_.named("system_api"), *systemServer_);
    }
    if (!settings_->httpApi.listen.empty()) {
        auto options = serverOptions(settings_->httpApi, product_);
        if (!options) {
            return options.error();
        }
        auto server = HttpServer::open(*options, httpApi_, log_.named("http_api"));
        if (!server) {
            return server.error();
        }
        httpServer_ = std::move(*server);
        logListeners(log_.named("http_api"), *httpServer_);
    }
    return Done{};
}

void Proxy::addDuties() {
    everySecond([this] {
        registry_.sweep();
        router_->sweep();
        store_.sweep();
        sessions_->countBytes();
    });
}

void Proxy::addFigures() {
    metrics_.addCollector([this](MetricSamples& samples) {
        sessions_->countBytes();
        for (uint32_t i = 0; i < loops_.size(); ++i) {
            samples.gauge(
                "loop_lag_seconds",
                "Longest time a due timer or task of the loop waited, since the last scrape",
                {{"loop", std::to_string(i)}},
                static_cast<double>(loops_.at(i).takeLag().count()) / 1e6);
        }
        double alive = 0;
        double ejected = 0;
        double silent = 0;
        double draining = 0;
        for (const auto& origin : registry_.table()->origins) {
            alive += origin->usable() ? 1 : 0;
            ejected += origin->ejected ? 1 : 0;
            silent += origin->silent ? 1 : 0;
            draining += origin->draining ? 1 : 0;
        }
        constexpr std::string_view Help = "Origins that are known, by state";
        samples.gauge("origins", Help, {{"state", "usable"}}, alive);
        samples.gauge("origins", Help, {{"state", "ejected"}}, ejected);
        samples.gauge("origins", Help, {{"state", "silent"}}, silent);
        samples.gauge("origins", Help, {{"state", "draining"}}, draining);
        samples.gauge("streams", "Streams that are pinned to an origin", {},
                      static_cast<double>(router_->pinCount()));
        samples.gauge("store_bytes", "Memory of the state store", {},
                      static_cast<double>(store_.bytes()));
        samples.gauge("uptime_seconds", "Time since the process started", {},
                      std::chrono::duration<double>(clock_.now() - startedAt_).count());
        samples.gauge("build_info", "Always 1", {{"version", product_.version}}, 1);
    });
}

bool Proxy::waitForSessions(Milliseconds limit, const std::function<bool(Milliseconds)>& hurry) {
    const Milliseconds end = clock_.now() + limit;
    while (sessions_->size() > 0) {
        if (clock_.now() >= end || hurry(HurryPeriod)) {
            return false;
        }
    }
    return true;
}

void Proxy::stop(Milliseconds grace, const std::function<bool(Milliseconds)>& hurry) {
    systemApi_->setPhase(ProcessPhase::Draining);
    log_.info("draining", "draining: " + std::to_string(sessions_->size()) + " sessions have " +
                              std::to_string(grace.count()) + " ms");
    parts_.drain(grace);
    sessions_->drain();
    if (!waitForSessions(grace, hurry)) {
        log_.info("draining", "asking " + std::to_string(sessions_->size()) + " sessions to end");
        sessions_->kickAll(CauseShutdown, "the proxy is stopping");
        waitForSessions(LastWords, hurry);
    }
    httpApi_.stop();
    if (httpServer_) {
        httpServer_->stop();
    }
    if (systemServer_) {
        systemServer_->stop();
    }
    maintenance_.stop();
    parts_.destroy();
    loops_.stop();
    log_.info("stopped", "stopped");
}

} // namespace srsproxy
