#include "plugins/rtmp/loop_part.h"

#include "plugins/rtmp/session.h"

namespace srsproxy::rtmp {
namespace {

constexpr size_t ReadBufferBytes = 256 * 1024;

} // namespace

LoopPart::LoopPart(const Services& services, const Config& config, IEventLoop& loop,
                   std::vector<Fd> listeners)
    : services_(services), config_(config), loop_(loop), readBuffer_(ReadBufferBytes) {
    std::random_device device;
    for (uint8_t& byte : random_) {
        byte = static_cast<uint8_t>(device());
    }
    for (Fd& listener : listeners) {
        acceptors_.push_back(std::make_unique<TcpAcceptor>(std::move(listener), loop,
                                                           static_cast<IAcceptHandler&>(*this)));
    }
}

LoopPart::~LoopPart() = default;

void LoopPart::drain(int64_t) noexcept {
    acceptors_.clear();
}

void LoopPart::destroy() noexcept {
    acceptors_.clear();
    while (!sessions_.empty()) {
        sessions_.back()->finish(CauseShutdown, SideProxy, "the proxy stops");
    }
    delete this;
}

void LoopPart::accepted(Fd client, const SocketAddress& peer) {
    setNoDelay(client.get());
    const std::string name = toString(peer);
    SessionInfo info{};
    info.structSize = sizeof info;
    info.protocol = toStr("rtmp");
    info.client = toStr(name);
    auto session = std::make_unique<Session>(*this, sessions_.size());
    ISession* record = services_.sessions->open(&loop_, &info, session.get());
    if (record == nullptr) {
        return; // over a limit or draining: the core has counted it
    }
    Session& started = *session;
    sessions_.push_back(std::move(session));
    started.start(std::move(client), *record);
}

void LoopPart::acceptFailed(int error) {
    log(LogError, 0, "accept failed",
        "cannot accept connections: " + errorText(error) + "; raise the limit of open files");
}

void LoopPart::remove(Session& session) {
    const size_t place = session.place();
    std::swap(sessions_[place], sessions_.back());
    sessions_[place]->setPlace(place);
    sessions_.pop_back();
}

void LoopPart::log(int32_t level, uint64_t session, const char* topic, const std::string& message) {
    if (services_.log->enabled(level) != 0) {
        services_.log->write(level, session, toStr(topic), toStr(message));
    }
}

} // namespace srsproxy::rtmp
