#include "core/api/http_connection.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPHeaderStream.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPServerSession.h>
#include <Poco/Net/NetException.h>
#include <Poco/String.h>
#include <Poco/Timestamp.h>

#include "core/api/chunked_body.h"

namespace srsproxy {
namespace {

using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint64_t MaxHeadBytes = 64 * 1024;
constexpr int MaxHeaders = 100;
constexpr uint32_t MaxCallsPerConnection = 1000;
/// For a head, while others wait for a thread; and from a client that holds many threads then.
constexpr milliseconds CrowdedHeadTimeout{1000};
constexpr milliseconds HoggedHeadTimeout{200};
/// Time that is left for a reply even when the call itself used up all of its own.
constexpr milliseconds WriteGrace{1000};
constexpr milliseconds LingerTime{500};

/// The digits of a Content-Length, or nothing.
std::optional<uint64_t> parseLength(std::string_view text) {
    uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return length;
}

size_t countHeaders(const HttpCall& call, const char* name) {
    return static_cast<size_t>(
        std::count_if(call.headers.begin(), call.headers.end(), [&](const HttpHeader& header) {
            return Poco::icompare(header.name, name) == 0;
        }));
}

/// The numeric address; one that came in over IPv6 but is IPv4 becomes plain IPv4.
std::string plainAddress(const Poco::Net::SocketAddress& address) {
    const std::string host = address.host().toString();
    constexpr std::string_view Mapped = "::ffff:";
    const bool mapped = host.starts_with(Mapped) && host.find('.') != std::string::npos;
    return mapped ? host.substr(Mapped.size()) : host;
}

bool isHeaderValue(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// Headers that the server alone decides on.
bool isFraming(const std::string& name) {
    for (const char* own :
         {"Content-Length", "Transfer-Encoding", "Connection", "Date", "Server"}) {
        if (Poco::icompare(name, own) == 0) {
            return true;
        }
    }
    return false;
}

} // namespace

class HttpConnection::Session final : public Poco::Net::HTTPServerSession {
public:
    explicit Session(const Poco::Net::StreamSocket& socket)
        : HTTPServerSession(socket, new Poco::Net::HTTPServerParams) {}
    bool holdsInput() const { return buffered() > 0; }

    /// Shorter than `size` only when the client sends no more. Throws Poco::Exception.
    std::string readFixed(size_t size) {
        std::string body(size, '\0');
        size_t filled = 0;
        while (filled < size) {
            const int got = read(body.data() + filled, static_cast<std::streamsize>(size - filled));
            if (got <= 0) {
                break;
            }
            filled += static_cast<size_t>(got);
        }
        body.resize(filled);
        return body;
    }

    /// Throws Poco::Exception.
    ChunkedBody::State readChunks(ChunkedBody& body) {
        ChunkedBody::State state = ChunkedBody::State::More;
        for (int byte = 0; state == ChunkedBody::State::More && byte >= 0;) {
            byte = get();
            state = byte >= 0 ? body.feed(static_cast<char>(byte)) : state;
        }
        return state;
    }
};

HttpConnection::HttpConnection(const Poco::Net::StreamSocket& socket, HttpConnectionShared& shared)
    : TCPServerConnection(socket), shared_(shared) {}

DeadlineSocket& HttpConnection::socketImpl() {
    return static_cast<DeadlineSocket&>(*socket().impl());
}

void HttpConnection::run() {
    serve();
    socketImpl().leave();
}

void HttpConnection::serve() {
    try {
        const ClientPlaces::Place place(shared_.places, plainAddress(socket().peerAddress()));
        Session session(socket());
        auto wait = shared_.options.headTimeout;
        for (uint32_t calls = 0; calls < MaxCallsPerConnection; ++calls) {
            const auto since = steady_clock::now();
            const bool more = session.holdsInput() || socketImpl().waitReadable(since + wait, [&] {
                return shared_.othersWait() && steady_clock::now() - since > headTime(place);
            });
            if (!more || serveOne(session, place) == Next::Close) {
                return;
            }
            wait = shared_.options.keepAliveTimeout;
        }
    } catch (const std::exception& error) {
        shared_.log.debug("connection", error.what());
    }
}

/// Whoever sends its head whole is served, crowd or not; half-sent heads hold threads for less.
Milliseconds HttpConnection::headTime(const ClientPlaces::Place& place) const {
    if (!shared_.othersWait()) {
        return shared_.options.headTimeout;
    }
    return place.held() > shared_.placesPerClient ? HoggedHeadTimeout : CrowdedHeadTimeout;
}

HttpConnection::Next HttpConnection::serveOne(Session& session, const ClientPlaces::Place& place) {
    const auto start = steady_clock::now();
    const auto& options = shared_.options;
    HttpCall call;
    call.deadline = start + options.requestTimeout;
    socketImpl().deadline(start + std::min(headTime(place), options.requestTimeout));
    socketImpl().readBudget(MaxHeadBytes);

    HTTPRequest head;
    std::optional<HttpReply> refusal = readHead(session, head, call);
    if (!refusal) {
        socketImpl().deadline(call.deadline);
        refusal = shared_.handler.screen(call);
    }
    if (!refusal) {
        refusal = readBody(session, head, call);
    }
    // After a refusal the rest of the call may still be under way, so nothing more can be read.
    const bool keepAlive = !refusal && head.getKeepAlive() && !socketImpl().stopping();
    const HttpReply reply = refusal ? std::move(*refusal) : answer(call);
    if (reply.status == 0) {
        return Next::Close; // the client left before it asked
    }
    socketImpl().deadline(std::max(call.deadline, steady_clock::now() + WriteGrace));
    write(reply, head.getMethod() == HTTPRequest::HTTP_HEAD, keepAlive);
    if (!keepAlive) {
        linger();
    }
    return keepAlive ? Next::KeepAlive : Next::Close;
}

std::optional<HttpReply> HttpConnection::readHead(Session& session, HTTPRequest& head,
                                                  HttpCall& call) {
    const Poco::Net::SocketAddress peer = socket().peerAddress();
    call.clientAddress = plainAddress(peer);
    const bool v6 = call.clientAddress.find(':') != std::string::npos;
    call.client = (v6 ? "[" + call.clientAddress + "]" : call.clientAddress) + ":" +
                  std::to_string(peer.port());
    head.setFieldLimit(MaxHeaders);
    try {
        Poco::Net::HTTPHeaderInputStream input(session);
        head.read(input);
        if (socketImpl().trouble() != DeadlineSocket::Trouble::None) {
            return troubleReply("head");
        }
    } catch (const Poco::Net::NoMessageException&) {
        return troubleReply("head");
    } catch (const Poco::Exception& error) {
        if (socketImpl().trouble() != DeadlineSocket::Trouble::None) {
            return troubleReply("head");
        }
        return errorReply(400, "this is no HTTP request: " + error.message());
    }
    call.method = head.getMethod();
    call.target = head.getURI();
    for (const auto& [name, value] : head) {
        call.headers.push_back({name, value});
    }
    if (head.getVersion() != "HTTP/1.1" && head.getVersion() != "HTTP/1.0") {
        return errorReply(505, "HTTP/1.0 or HTTP/1.1 is spoken here");
    }
    if (!isHeaderName(call.method) || !call.target.starts_with('/')) {
        return errorReply(400, "the request line must be METHOD /path HTTP/1.1");
    }
    const size_t mark = call.target.find('?');
    call.path = call.target.substr(0, mark);
    call.query = mark == std::string::npos ? std::string() : call.target.substr(mark + 1);
    return std::nullopt;
}

std::optional<HttpReply> HttpConnection::readBody(Session& session, const HTTPRequest& head,
                                                  HttpCall& call) {
    const uint64_t limit = shared_.options.bodyLimitBytes;
    const std::string* length = call.header("Content-Length");
    const std::string* encoding = call.header("Transfer-Encoding");
    if (length == nullptr && encoding == nullptr) {
        return std::nullopt;
    }
    if (countHeaders(call, "Content-Length") + countHeaders(call, "Transfer-Encoding") != 1) {
        return errorReply(400, "one Content-Length or one Transfer-Encoding is wanted, not both");
    }
    if (encoding != nullptr && Poco::icompare(*encoding, "chunked") != 0) {
        return errorReply(501, "no Transfer-Encoding but chunked is known here");
    }
    const std::optional<uint64_t> announced = length ? parseLength(*length) : limit;
    if (!announced) {
        return errorReply(400, "Content-Length must be a number");
    }
    HttpReply tooLarge =
        errorReply(413, "the body may have " + std::to_string(limit) + " bytes at most");
    if (*announced > limit) {
        return tooLarge;
    }
    if (head.getExpectContinue()) {
        constexpr std::string_view Continue = "HTTP/1.1 100 Continue\r\n\r\n";
        socketImpl().sendBytes(Continue.data(), static_cast<int>(Continue.size()), 0);
    }
    // Chunks may be of one byte each: about six times the body on the wire.
    socketImpl().readBudget((length ? limit : 8 * limit) + MaxHeadBytes);

    ChunkedBody chunks(limit);
    ChunkedBody::State state = ChunkedBody::State::Done;
    try {
        if (length != nullptr) {
            call.body = session.readFixed(static_cast<size_t>(*announced));
        } else {
            state = session.readChunks(chunks);
            call.body = chunks.takeBody();
        }
    } catch (const Poco::Exception&) {
        return troubleReply("body");
    }
    if (state == ChunkedBody::State::TooLarge) {
        return tooLarge;
    }
    if (state == ChunkedBody::State::Malformed) {
        return errorReply(400, "the body's chunks are malformed");
    }
    if (socketImpl().trouble() != DeadlineSocket::Trouble::None) {
        return troubleReply("body");
    }
    return std::nullopt;
}

HttpReply HttpConnection::troubleReply(std::string_view what) {
    const std::string part(what);
    switch (socketImpl().trouble()) {
    case DeadlineSocket::Trouble::Late:
        return errorReply(408, "the request's " + part + " took too long");
    case DeadlineSocket::Trouble::TooMuch:
        return errorReply(what == "head" ? 431 : 413, "the request's " + part + " is too large");
    case DeadlineSocket::Trouble::Stopped:
        return errorReply(503, "the proxy is stopping");
    case DeadlineSocket::Trouble::PeerClosed:
        return what == "head" ? HttpReply{0, {}, {}}
                              : errorReply(400, "the request's body is shorter than announced");
    default:
        return HttpReply{0, {}, {}};
    }
}

HttpReply HttpConnection::answer(const HttpCall& call) {
    try {
        return shared_.handler.answer(call);
    } catch (const Poco::Exception& error) {
        shared_.log.error("handler", call.method + " " + call.path + ": " + error.displayText());
    } catch (const std::exception& error) {
        shared_.log.error("handler", call.method + " " + call.path + ": " + error.what());
    }
    return errorReply(500, "an error of the proxy: see its log");
}

void HttpConnection::write(const HttpReply& reply, bool headOnly, bool keepAlive) {
    const auto status = static_cast<HTTPResponse::HTTPStatus>(reply.status);
    HTTPResponse head("HTTP/1.1", status, HTTPResponse::getReasonForStatus(status));
    head.set("Date",
             Poco::DateTimeFormatter::format(Poco::Timestamp(), Poco::DateTimeFormat::HTTP_FORMAT));
    head.set("Server", shared_.options.serverName);
    for (const HttpHeader& header : reply.headers) {
        if (isHeaderName(header.name) && isHeaderValue(header.value) && !isFraming(header.name)) {
            head.add(header.name, header.value);
        }
    }
    const bool bodiless = reply.status == 204 || reply.status == 304;
    if (!bodiless) {
        head.set("Content-Length", std::to_string(reply.body.size()));
    }
    head.set("Connection", keepAlive ? "keep-alive" : "close");
    std::ostringstream text;
    head.write(text);
    if (!headOnly && !bodiless) {
        text << reply.body;
    }
    const std::string bytes = text.str();
    socketImpl().sendBytes(bytes.data(), static_cast<int>(bytes.size()), 0);
}

void HttpConnection::linger() {
    socket().shutdownSend();
    const auto until = steady_clock::now() + LingerTime;
    socketImpl().deadline(until);
    socketImpl().readBudget(8 * MaxHeadBytes);
    std::vector<char> block(4096);
    while (socketImpl().receiveBytes(block.data(), static_cast<int>(block.size()), 0) > 0) {
    }
}

} // namespace srsproxy
