#pragma once

/// One client connection of the control plane, served by one Poco thread from its first byte to
/// its close: reads a call under the limits, lets the handler answer, writes the reply, and
/// keeps the connection for the next call while no other client waits for a thread. Included
/// by .cpp files only.

#include <functional>
#include <optional>
#include <string_view>

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/TCPServerConnection.h>

#include "core/api/client_places.h"
#include "core/api/deadline_socket.h"
#include "core/api/http_server.h"

namespace srsproxy {

/// What the connections of one listener share; outlives them.
struct HttpConnectionShared {
    HttpConnectionShared(const HttpServerOptions& ofServer, HttpHandler& ofCalls, const Log& toLog,
                         StopFlag stopFlag)
        : options(ofServer), handler(ofCalls), log(toLog), stop(std::move(stopFlag)) {}

    const HttpServerOptions& options;
    HttpHandler& handler;
    Log log;
    StopFlag stop;
    std::function<bool()> othersWait = [] {
        return false;
    }; ///< clients are queued for a thread [any]
    uint32_t placesPerClient = 0; ///< threads that one address may hold while others wait
    ClientPlaces places;
};

class HttpConnection final : public Poco::Net::TCPServerConnection {
public:
    HttpConnection(const Poco::Net::StreamSocket& socket, HttpConnectionShared& shared);
    void run() override;

private:
    class Session;
    /// What to do after a call.
    enum class Next { KeepAlive, Close };

    void serve();
    /// How long a head may take now.
    Milliseconds headTime(const ClientPlaces::Place& place) const;
    Next serveOne(Session& session, const ClientPlaces::Place& place);
    /// The reply that refuses the call, or nothing when `call` is complete but for its body.
    std::optional<HttpReply> readHead(Session& session, Poco::Net::HTTPRequest& head,
                                      HttpCall& call);
    std::optional<HttpReply> readBody(Session& session, const Poco::Net::HTTPRequest& head,
                                      HttpCall& call);
    HttpReply troubleReply(std::string_view what);
    HttpReply answer(const HttpCall& call);
    void write(const HttpReply& reply, bool headOnly, bool keepAlive);
    /// Lets the client read the reply before the kernel resets the connection.
    void linger();
    DeadlineSocket& socketImpl();

    HttpConnectionShared& shared_;
};

} // namespace srsproxy
