#pragma once

/// A pool of scripted origins on loopback, and clients that ask what they may be offered, each on
/// a real event loop.

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/event/event_loop.h"
#include "plugins/rtmp/capability_inquiry.h"
#include "srsproxy/support.h"
#include "tests/plugins/rtmp/peers.h"
#include "tests/plugins/rtmp/ports.h"

namespace srsproxy::rtmp::test {

inline constexpr int64_t BudgetNeverUs = 60'000'000; // a budget that no test waits for
inline constexpr int64_t BudgetShortUs = 150'000;

inline Capabilities caps(std::initializer_list<const char*> codes, uint32_t capsEx = 0) {
    Capabilities made;
    for (const char* code : codes) {
        made.fourCcs.add(*FourCc::parse(code), 1);
    }
    made.capsEx = capsEx;
    return made;
}

inline Bytes clientConnect() {
    Bytes object;
    Amf0Writer(object)
        .beginObject()
        .key("app")
        .string("live")
        .key("tcUrl")
        .string("rtmp://h/live?token=1")
        .key("capsEx")
        .number(2)
        .endObject();
    return object;
}

class Pool final : public IOrigins {
public:
    struct Origin {
        std::string id;
        uint16_t port;
        uint64_t generation = 1;
        bool usable = true;
    };
    uint64_t version() noexcept override { return 1; }
    void list(Str service, IOriginVisitor* visitor) noexcept override {
        EXPECT_EQ(toString(service), "rtmp");
        for (const Origin& origin : origins) {
            OriginInfo info{};
            info.structSize = sizeof info;
            info.id = toStr(origin.id);
            info.address = toStr("127.0.0.1");
            info.port = origin.port;
            info.generation = origin.generation;
            info.usable = origin.usable ? 1 : 0;
            visitor->visit(&info);
        }
    }
    std::vector<Origin> origins; ///< changed only while no inquiry begins
};

class Connector final : public IOriginConnector {
public:
    bool connect(const OriginTarget& origin, Hop& hop) override {
        ++started;
        Fd socket = startConnect(socketAddress(origin.address, origin.port));
        if (!socket.valid()) {
            return false;
        }
        hop.openConnecting(std::move(socket));
        return true;
    }
    bool enter(const OriginTarget&, const SocketAddress& client, Hop&,
               std::vector<uint8_t>& first) override {
        const std::string name = tellClient ? toString(client) : "";
        first.insert(first.end(), name.begin(), name.end());
        return true;
    }
    int started = 0;
    bool tellClient = false;
};

/// One loop, with what a LoopPart has on it.
class Side {
public:
    Side(EventLoop& sideLoop, CapabilityBook& book, int64_t budgetUs)
        : loop(sideLoop), buffer(64 * 1024),
          asker(
              std::make_unique<CapabilityAsker>(loop, book, connector, Random, buffer, budgetUs)) {}
    ~Side() {
        loop.call([this] { asker.reset(); });
    }
    int started() {
        int count = 0;
        loop.call([&] { count = connector.started; });
        return count;
    }
    /// Waits until no connection of the asker is open.
    void waitIdle() {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(DeadlineMs);
        size_t open = 1;
        while (open > 0 && std::chrono::steady_clock::now() < limit) {
            loop.call([&] { open = asker->open(); });
        }
        EXPECT_EQ(open, 0u);
    }

    EventLoop& loop;
    Bytes buffer;
    Connector connector;
    std::unique_ptr<CapabilityAsker> asker;
};

/// A client whose connect waits.
class Asking final : private IOfferHandler {
public:
    Asking(Side& side, IOrigins* pool, bool reconnect = true) : side_(side) {
        side_.loop.call([&] {
            inquiry_ = std::make_unique<CapabilityInquiry>(
                *side_.asker, pool, clientConnect(), socketAddress("192.0.2.1", 5000), reconnect,
                static_cast<IOfferHandler&>(*this));
        });
    }
    ~Asking() { leave(); }
    void leave() {
        side_.loop.call([this] { inquiry_.reset(); });
    }
    Capabilities offer() {
        std::unique_lock lock(mutex_);
        if (!came_.wait_for(lock, std::chrono::milliseconds(DeadlineMs),
                            [this] { return offer_.has_value(); })) {
            throw std::runtime_error("no offer came");
        }
        return *offer_;
    }
    bool answered() {
        const std::lock_guard lock(mutex_);
        return offer_.has_value();
    }

private:
    void offered(const Capabilities& offer) override {
        EXPECT_NE(inquiry_, nullptr) << "from within the constructor";
        inquiry_.reset();
        const std::lock_guard lock(mutex_);
        EXPECT_FALSE(offer_) << "twice";
        offer_ = offer;
        came_.notify_all();
    }

    Side& side_;
    std::unique_ptr<CapabilityInquiry> inquiry_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::optional<Capabilities> offer_;
};

/// An origin's end of an asking.
struct Asked {
    explicit Asked(OpenPort& listener) : peer(listener.accept()) {}

    void greet() {
        peer.raw(C0C1Bytes);
        Bytes hello(S0S1S2Bytes);
        hello[0] = RtmpVersion;
        peer.send(hello);
        peer.raw(C2Bytes);
        const Kept connect = peer.nextCommand("connect");
        const auto command = parseCommand(connect.message.type, connect.payload);
        transaction = command->transactionId;
        const auto parsed = parseConnect(*command);
        app = parsed->app;
        tcUrl = parsed->tcUrl;
        wanted = parseCapabilities(parsed->object);
    }
    void answer(const Capabilities& offer) {
        greet();
        Bytes payload;
        appendConnectResult(payload, transaction, 0, offer);
        peer.command(0, payload);
    }

    OriginPeer peer;
    double transaction = 0;
    std::string app;
    std::string tcUrl;
    Capabilities wanted;
};

struct CapabilityInquiryTest : testing::Test {
    CapabilityInquiryTest() { loops.start(); }
    ~CapabilityInquiryTest() override {
        sides.clear();
        loops.stop();
    }
    Side& side(uint32_t index = 0, int64_t budgetUs = BudgetNeverUs) {
        sides.push_back(std::make_unique<Side>(loops.at(index), book, budgetUs));
        return *sides.back();
    }

    LoopGroup loops{2, Log(std::make_shared<NullLogSink>(), "test")};
    CapabilityBook book;
    Pool pool;
    std::vector<std::unique_ptr<Side>> sides;
};

} // namespace srsproxy::rtmp::test
