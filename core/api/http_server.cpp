#include "core/api/http_server.h"

#include <algorithm>
#include <cerrno>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>

#include "core/api/http_connection.h"

namespace srsproxy {
namespace {

const Poco::Timespan IdleThreadLife(0, 200'000);
constexpr uint32_t MinPlacesPerClient = 4;

class ConnectionFactory final : public Poco::Net::TCPServerConnectionFactory {
public:
    explicit ConnectionFactory(HttpConnectionShared& shared) : shared_(shared) {}

    Poco::Net::TCPServerConnection*
    createConnection(const Poco::Net::StreamSocket& socket) override {
        return new HttpConnection(socket, shared_);
    }

private:
    HttpConnectionShared& shared_;
};

/// One address, with its share of the threads: a flood on one does not silence another.
struct Listener {
    std::unique_ptr<HttpConnectionShared> shared;
    std::unique_ptr<Poco::Net::TCPServer> server;
};

std::string addressText(const HttpListen& listen) {
    if (listen.host.empty()) {
        return ":" + std::to_string(listen.port);
    }
    const bool v6 = listen.host.find(':') != std::string::npos;
    return (v6 ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

Error listenError(const HttpServerOptions& options, const HttpListen& listen,
                  const Poco::Exception& error) {
    std::string why = error.displayText();
    if (error.code() == EADDRINUSE) {
        why = "the port is in use by another process";
    } else if (error.code() == EACCES) {
        why = "the port needs more rights";
    } else if (error.code() == EADDRNOTAVAIL) {
        why = "this machine does not have that address";
    }
    return Error{"cannot listen on " + addressText(listen) + ": " + why + "; change " +
                 options.setting};
}

} // namespace

struct HttpServer::Impl {
    HttpServerOptions options;
    StopFlag stop = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<Poco::ThreadPool> pool;
    std::vector<Listener> listeners; ///< empty once stopped
    std::vector<HttpListen> bound;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
    stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::open(HttpServerOptions options,
                                                     HttpHandler& handler, Log log) {
    auto impl = std::make_unique<Impl>();
    impl->options = std::move(options);
    const HttpServerOptions& wanted = impl->options;
    const auto count = static_cast<uint32_t>(std::max<size_t>(wanted.listen.size(), 1));
    const uint32_t share = std::max(1u, wanted.maxThreads / count);
    impl->pool = std::make_unique<Poco::ThreadPool>("http", 1, static_cast<int>(share * count));

    for (const HttpListen& listen : wanted.listen) {
        auto shared = std::make_unique<HttpConnectionShared>(wanted, handler, log, impl->stop);
        shared->placesPerClient = std::max(MinPlacesPerClient, share / 2);
        try {
            Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
            params->setMaxThreads(static_cast<int>(share));
            params->setMaxQueued(static_cast<int>(wanted.maxQueued));
            // An idle thread may miss the dispatcher's call to stop, and then waits that long.
            params->setThreadIdleTime(IdleThreadLife);
            auto server = std::make_unique<Poco::Net::TCPServer>(
                new ConnectionFactory(*shared), *impl->pool,
                DeadlineServerSocket(listen.host, listen.port, impl->stop), params);
            shared->othersWait = [server = server.get()] {
                return server->queuedConnections() > 0;
            };
            impl->bound.push_back({listen.host, server->port()});
            impl->listeners.push_back({std::move(shared), std::move(server)});
        } catch (const Poco::Exception& error) {
            return listenError(wanted, listen, error);
        }
    }
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::start() {
    for (Listener& listener : impl_->listeners) {
        listener.server->start();
    }
}

void HttpServer::stop() {
    *impl_->stop = true;
    for (Listener& listener : impl_->listeners) {
        listener.server->stop();
    }
    impl_->pool->joinAll();
    impl_->listeners.clear(); // gives the ports back
}

std::vector<HttpListen> HttpServer::bound() const {
    return impl_->bound;
}

uint16_t HttpServer::port() const {
    return impl_->bound.empty() ? uint16_t{0} : impl_->bound.front().port;
}

} // namespace srsproxy
