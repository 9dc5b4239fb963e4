#pragma once

/// The run itself: clients and fake origin in one thread, so that both ends have the same clock
/// and every message that was sent can be accounted for.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/rtmp/client_peer.h"
#include "bench/rtmp/media.h"
#include "bench/rtmp/origin_peer.h"
#include "bench/rtmp/plan.h"
#include "bench/rtmp/poller.h"
#include "bench/rtmp/receiver.h"

namespace rtmpload {

struct Outcome {
    uint64_t sent = 0;
    uint64_t received = 0;
    uint64_t reordered = 0;
    uint64_t corrupted = 0;
    uint64_t failedSessions = 0;
    std::string firstFailure;

    double seconds = 0;      ///< really measured; set-ups: until the last one was up
    double secondsInAll = 0; ///< during which CPU time was counted
    uint64_t deliveredBytes = 0;
    uint64_t deliveredMessages = 0;
    std::vector<uint32_t> latenciesUs; ///< sorted
    std::vector<uint32_t> latenessUs;  ///< sorted: how late we ourselves sent
    double cpuSeconds = 0;             ///< of the proxy
    double ownCpuSeconds = 0;
    double otherCpuSeconds = 0; ///< of anything else on the machine
    double residentBytesPerSession = 0;
};

class Load final : private Connection::Owner, private Handler {
public:
    /// Throws std::system_error when the origin address cannot be had.
    explicit Load(const Plan& plan);
    ~Load() override;
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Throws std::runtime_error when it cannot go on: no answers, or the proxy is gone.
    Outcome run();

private:
    void ready(uint32_t events) override;
    void established(Connection& connection) override;
    void ended(Connection& connection, const std::string& why) override;

    void runStream();
    void runSetups();
    void runIdle();

    /// Sets up sessions until there were `total`, counted from the start.
    void setUp(uint32_t total);
    void openNext();
    bool isClient(const Connection& connection) const;
    Connection& sender(uint32_t stream);
    void forEachSender(const std::function<void(Connection&)>& action);
    void sendDue();
    void turn(int64_t untilNs);
    void sendFor(double seconds);
    /// Turns until `done`, at most for some seconds without any message received or session moved.
    bool waitUntil(const std::function<bool()>& done);
    void waitForAll();
    void carrySome(uint32_t fromStream);
    void startMeasuring();
    void stopMeasuring();
    uint64_t countSent();

    const Plan plan_;
    const Poller poller_;
    const Media media_;
    Tally tally_;
    std::vector<uint8_t> readBuffer_;
    std::array<uint8_t, srsproxy::rtmp::HandshakeRandomBytes> random_{};
    Shared shared_;
    std::string tcUrl_;
    int listener_;

    std::vector<std::unique_ptr<Connection>> clients_; ///< by stream
    std::unordered_map<const Connection*, std::unique_ptr<Connection>> origins_;
    std::vector<Connection*> originOf_;             ///< by stream
    std::vector<std::unique_ptr<Connection>> gone_; ///< deleted when the turn is over
    uint32_t originSerial_ = 0;
    uint32_t opening_ = 0;
    uint32_t opened_ = 0;
    uint32_t establishedClients_ = 0;
    uint32_t endedOrigins_ = 0;
    bool closeAtOnce_ = false;

    struct Due {
        int64_t atNs;
        uint32_t stream;
        bool operator>(const Due& other) const { return atNs > other.atNs; }
    };
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::vector<int64_t> startNs_; ///< by stream

    Outcome outcome_;
    struct {
        int64_t atNs;
        int64_t cpuNs;
        int64_t ownCpuNs;
        int64_t machineNs;
        uint64_t bytes;
        uint64_t messages;
    } begin_{};
};

} // namespace rtmpload
