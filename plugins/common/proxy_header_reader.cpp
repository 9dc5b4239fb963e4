#include "plugins/common/proxy_header_reader.h"

#include <array>
#include <cerrno>
#include <utility>

#include "plugins/common/proxy_protocol.h"

namespace srsproxy {

/// One connection, from add() until its header is there or will not come.
class ProxyHeaderReader::Waiter final : private IFdHandler, private ITimerHandler {
public:
    Waiter(ProxyHeaderReader& reader, Fd socket, const SocketAddress& peer)
        : reader_(reader), socket_(std::move(socket)), peer_(peer) {}
    ~Waiter() { stopWatching(); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Takes what is there; true when there is no more to wait for: then tell().
    bool read();
    void wait(size_t place);
    void setPlace(size_t place) { place_ = place; }
    size_t place() const { return place_; }
    /// Tells the handler how it went.
    void tell();

private:
    void ready(int32_t, uint32_t) noexcept override {
        if (read()) {
            reader_.remove(*this);
        }
    }
    void expired(uint64_t) noexcept override {
        timer_ = 0;
        reason_ = "sent no whole PROXY header within " +
                  std::to_string(reader_.limits_.timeoutUs / 1000) + " ms";
        reader_.remove(*this);
    }
    bool fail(std::string reason) {
        reason_ = std::move(reason);
        return true;
    }
    void stopWatching();

    ProxyHeaderReader& reader_;
    Fd socket_;
    const SocketAddress peer_;
    size_t place_ = 0;
    bool watched_ = false;
    uint64_t timer_ = 0;
    std::vector<uint8_t> taken_; ///< of the header; nothing behind it is ever taken
    ProxyHeader header_;
    std::string reason_; ///< empty: header_ is done
    bool leftSilently_ = false;
};

bool ProxyHeaderReader::Waiter::read() {
    // What is peeked at can be taken as long as the header is not complete: then all of it
    // belongs to the header. So nothing is left to wake the loop again and again.
    std::array<uint8_t, MaxProxyHeaderBytes> buffer;
    const size_t before = taken_.size();
    const ssize_t seen = ::recv(socket_.get(), buffer.data(), buffer.size() - before, MSG_PEEK);
    if (seen < 0) {
        return errno != EAGAIN && errno != EINTR &&
               fail(errorText("was lost before the end of its PROXY header", errno));
    }
    if (seen == 0) {
        leftSilently_ = before == 0;
        return fail(leftSilently_ ? "closed before it sent a byte"
                                  : "closed within its PROXY header");
    }
    taken_.insert(taken_.end(), buffer.begin(), buffer.begin() + seen);
    header_ = parseProxyHeader(taken_);
    if (header_.state == ProxyHeader::Failed) {
        return fail(std::string(header_.error));
    }
    const bool done = header_.state == ProxyHeader::Done;
    const size_t due = (done ? header_.bytes : taken_.size()) - before;
    if (::recv(socket_.get(), buffer.data(), due, 0) != static_cast<ssize_t>(due)) {
        return fail("was lost within its PROXY header");
    }
    return done;
}

void ProxyHeaderReader::Waiter::wait(size_t place) {
    place_ = place;
    watched_ = true;
    reader_.loop_.watch(socket_.get(), EventRead, this);
    timer_ = reader_.loop_.startTimer(reader_.limits_.timeoutUs, this);
}

void ProxyHeaderReader::Waiter::stopWatching() {
    reader_.loop_.cancelTimer(timer_);
    if (std::exchange(watched_, false)) {
        reader_.loop_.unwatch(socket_.get());
    }
}

void ProxyHeaderReader::Waiter::tell() {
    stopWatching();
    if (!reason_.empty()) {
        socket_.reset();
        reader_.handler_.headerRefused(peer_, reason_, leftSilently_);
        return;
    }
    ProxiedClient client{peer_, header_.destination};
    if (header_.source.size != 0) {
        client.client = header_.source;
    }
    reader_.handler_.headerRead(std::move(socket_), client);
}

ProxyHeaderReader::ProxyHeaderReader(IEventLoop& loop, IProxyHeaderHandler& handler,
                                     const Limits& limits)
    : loop_(loop), handler_(handler), limits_(limits) {}

ProxyHeaderReader::~ProxyHeaderReader() = default;

void ProxyHeaderReader::add(Fd socket, const SocketAddress& peer) {
    auto waiter = std::make_unique<Waiter>(*this, std::move(socket), peer);
    if (waiter->read()) {
        waiter->tell();
    } else if (waiting_.size() >= limits_.maxWaiting) {
        waiter.reset();
        handler_.headerRefused(peer,
                               "came while " + std::to_string(waiting_.size()) +
                                   " others were waiting for their PROXY header",
                               false);
    } else {
        waiter->wait(waiting_.size());
        waiting_.push_back(std::move(waiter));
    }
}

void ProxyHeaderReader::remove(Waiter& waiter) {
    const size_t place = waiter.place();
    std::swap(waiting_[place], waiting_.back());
    waiting_[place]->setPlace(place);
    const std::unique_ptr<Waiter> owner = std::move(waiting_.back());
    waiting_.pop_back();
    owner->tell();
}

} // namespace srsproxy
