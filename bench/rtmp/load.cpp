#include "bench/rtmp/load.h"

#include <algorithm>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <system_error>

#include <sys/socket.h>
#include <unistd.h>

#include "bench/rtmp/process_meter.h"

namespace rtmpload {
namespace {

constexpr size_t ReadBufferBytes = 256 * 1024;
constexpr int64_t NsPerSecond = 1'000'000'000;
constexpr int64_t FrameNs = NsPerSecond / 25;
constexpr int64_t PatienceNs = 5 * NsPerSecond;
constexpr int64_t StepNs = 20'000'000;
constexpr int SendsPerTurn = 4; ///< then what has arrived is looked at: its time counts
constexpr uint32_t WarmUpSessions = 100;
constexpr uint32_t IdleMessages = 12; ///< that a session carries before it is idle
constexpr double SettleSeconds = 0.5;

int64_t ownCpuNs() {
    const pid_t self = ::getpid();
    return cpuNs(std::span(&self, 1));
}

} // namespace

Load::Load(const Plan& plan)
    : plan_(plan), media_(plan.kbitPerSecond, plan.chunkBytes), readBuffer_(ReadBufferBytes),
      shared_{poller_,
              media_,
              tally_,
              readBuffer_,
              random_,
              plan.chunkBytes,
              plan.saturate && plan.mode == Plan::Mode::Stream},
      tcUrl_("rtmp://" + plan.target.host + ":" + std::to_string(plan.target.port) + "/live"),
      listener_(listenOn(plan.origin)) {
    std::mt19937 random(1);
    std::generate(random_.begin(), random_.end(), [&] { return static_cast<uint8_t>(random()); });
    poller_.add(listener_, EPOLLIN, *this);
}

Load::~Load() {
    ::close(listener_);
}

Outcome Load::run() {
    switch (plan_.mode) {
    case Plan::Mode::Stream:
        runStream();
        break;
    case Plan::Mode::Setups:
        runSetups();
        break;
    case Plan::Mode::Idle:
        runIdle();
        break;
    }
    outcome_.sent = countSent();
    outcome_.received = tally_.messages + tally_.metadata;
    outcome_.reordered = tally_.reordered;
    outcome_.corrupted = tally_.corrupted;
    outcome_.latenciesUs.swap(tally_.latenciesUs);
    std::sort(outcome_.latenciesUs.begin(), outcome_.latenciesUs.end());
    std::sort(outcome_.latenessUs.begin(), outcome_.latenessUs.end());
    return std::move(outcome_);
}

// --- sessions -------------------------------------------------------------------------------

void Load::ready(uint32_t) {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        setNoDelay(fd);
        auto origin = std::make_unique<OriginPeer>(shared_, static_cast<Connection::Owner&>(*this),
                                                   fd, originSerial_++);
        const Connection* key = origin.get();
        origins_.emplace(key, std::move(origin));
    }
}

bool Load::isClient(const Connection& connection) const {
    const auto stream = connection.stream();
    return stream && *stream < clients_.size() && clients_[*stream].get() == &connection;
}

void Load::established(Connection& connection) {
    const uint32_t stream = *connection.stream();
    if (!isClient(connection)) {
        if (stream < originOf_.size()) {
            originOf_[stream] = &connection;
        }
        return;
    }
    --opening_;
    ++establishedClients_;
    if (closeAtOnce_) {
        connection.close();
        gone_.push_back(std::move(clients_[stream]));
    }
}

void Load::ended(Connection& connection, const std::string& why) {
    if (isClient(connection)) {
        // Nobody but us ends a session.
        ++outcome_.failedSessions;
        if (outcome_.firstFailure.empty()) {
            outcome_.firstFailure = why;
        }
        return;
    }
    ++endedOrigins_;
    if (closeAtOnce_) {
        const auto entry = origins_.find(&connection);
        gone_.push_back(std::move(entry->second));
        origins_.erase(entry);
    }
}

void Load::openNext() {
    const uint32_t stream = opened_++;
    const int fd = connectTo(plan_.target);
    if (fd < 0) {
        throw std::runtime_error(std::string("cannot connect to the target: ") +
                                 std::generic_category().message(errno));
    }
    ++opening_;
    clients_.push_back(std::make_unique<ClientPeer>(shared_, static_cast<Connection::Owner&>(*this),
                                                    fd, stream, plan_.publish, tcUrl_));
    originOf_.push_back(nullptr);
}

void Load::setUp(uint32_t total) {
    const bool done = waitUntil([&] {
        while (opened_ < total && opening_ < plan_.parallel) {
            openNext();
        }
        return establishedClients_ >= total || outcome_.failedSessions != 0;
    });
    if (!done || outcome_.failedSessions != 0) {
        throw std::runtime_error(
            "only " + std::to_string(establishedClients_) + " of " + std::to_string(total) +
            " sessions came up: " +
            (outcome_.firstFailure.empty() ? "no answer" : outcome_.firstFailure));
    }
}

Connection& Load::sender(uint32_t stream) {
    Connection* connection = plan_.publish ? clients_[stream].get() : originOf_[stream];
    if (connection == nullptr) {
        throw std::runtime_error("a session has no connection at the origin");
    }
    return *connection;
}

void Load::forEachSender(const std::function<void(Connection&)>& action) {
    for (uint32_t stream = 0; stream < clients_.size(); ++stream) {
        action(sender(stream));
    }
}

// --- time -----------------------------------------------------------------------------------

void Load::turn(int64_t untilNs) {
    poller_.turn(due_.empty() ? untilNs : std::min(untilNs, due_.top().atNs));
    gone_.clear();
    sendDue();
}

void Load::sendDue() {
    int left = SendsPerTurn;
    for (int64_t now = nowNs(); left > 0 && !due_.empty() && due_.top().atNs <= now; --left) {
        const Due due = due_.top();
        due_.pop();
        Connection& connection = sender(due.stream);
        if (!connection.isOpen()) {
            continue;
        }
        if (tally_.timing) {
            outcome_.latenessUs.push_back(static_cast<uint32_t>((now - due.atNs) / 1000));
        }
        connection.sendNext();
        due_.push({startNs_[due.stream] + connection.dueUs() * 1000, due.stream});
    }
}

void Load::sendFor(double seconds) {
    const int64_t end = nowNs() + static_cast<int64_t>(seconds * 1e9);
    while (nowNs() < end) {
        turn(end);
    }
}

bool Load::waitUntil(const std::function<bool()>& done) {
    const auto progress = [this] {
        return tally_.messages + establishedClients_ + endedOrigins_ + originSerial_;
    };
    int64_t since = nowNs();
    uint64_t last = progress();
    while (!done()) {
        turn(nowNs() + StepNs);
        if (progress() != last) {
            last = progress();
            since = nowNs();
        } else if (nowNs() - since > PatienceNs) {
            return false;
        }
    }
    return true;
}

void Load::startMeasuring() {
    tally_.timing = plan_.mode == Plan::Mode::Stream;
    begin_ = {nowNs(),         cpuNs(plan_.processes), ownCpuNs(),
              machineBusyNs(), tally_.bytes,           tally_.messages};
}

void Load::stopMeasuring() {
    outcome_.seconds = static_cast<double>(nowNs() - begin_.atNs) / 1e9;
    outcome_.secondsInAll = outcome_.seconds;
    outcome_.cpuSeconds = static_cast<double>(cpuNs(plan_.processes) - begin_.cpuNs) / 1e9;
    outcome_.ownCpuSeconds = static_cast<double>(ownCpuNs() - begin_.ownCpuNs) / 1e9;
    const auto machine = static_cast<double>(machineBusyNs() - begin_.machineNs) / 1e9;
    outcome_.otherCpuSeconds =
        std::max(0.0, machine - outcome_.cpuSeconds - outcome_.ownCpuSeconds);
    outcome_.deliveredBytes = tally_.bytes - begin_.bytes;
    outcome_.deliveredMessages = tally_.messages - begin_.messages;
    tally_.timing = false;
}

uint64_t Load::countSent() {
    uint64_t sent = 0;
    for (const auto& client : clients_) {
        sent += client ? client->sentMessages() : 0;
    }
    for (const auto& [key, origin] : origins_) {
        sent += origin->sentMessages();
    }
    return sent;
}

// --- the three kinds of run -----------------------------------------------------------------

void Load::waitForAll() {
    waitUntil([this] {
        return tally_.messages + tally_.metadata + tally_.corrupted >= countSent() ||
               outcome_.failedSessions != 0;
    });
}

void Load::runStream() {
    setUp(plan_.streams);
    const int64_t start = nowNs();
    startNs_.resize(plan_.streams);
    for (uint32_t stream = 0; stream < plan_.streams; ++stream) {
        startNs_[stream] = start + FrameNs * stream / plan_.streams;
        sender(stream).startMedia();
        if (!plan_.saturate) {
            due_.push({startNs_[stream], stream});
        }
    }
    sendFor(plan_.warmup);
    const double messagesPerSecond = plan_.saturate ? 200'000 : 80.0 * plan_.streams;
    const auto expected = static_cast<size_t>(messagesPerSecond * plan_.seconds);
    tally_.latenciesUs.reserve(expected);
    outcome_.latenessUs.reserve(plan_.saturate ? 0 : expected);
    startMeasuring();
    sendFor(plan_.seconds);
    stopMeasuring();
    due_ = {};
    forEachSender([](Connection& connection) { connection.stopMedia(); });
    waitForAll();
}

void Load::runSetups() {
    closeAtOnce_ = true;
    const auto allEnded = [this] { return endedOrigins_ >= opened_; };
    setUp(WarmUpSessions);
    if (!waitUntil(allEnded)) {
        throw std::runtime_error("closed sessions were not closed at the origin");
    }
    startMeasuring();
    setUp(WarmUpSessions + plan_.streams);
    const double upSeconds = static_cast<double>(nowNs() - begin_.atNs) / 1e9;
    if (!waitUntil(allEnded)) {
        throw std::runtime_error("closed sessions were not closed at the origin");
    }
    sendFor(SettleSeconds); // what a proxy does after the close belongs to the set-up
    stopMeasuring();
    outcome_.seconds = upSeconds;
}

void Load::carrySome(uint32_t fromStream) {
    for (uint32_t stream = fromStream; stream < clients_.size(); ++stream) {
        sender(stream).startMedia();
        for (uint32_t message = 0; message < IdleMessages; ++message) {
            sender(stream).sendNext();
            poller_.turn(0);
        }
    }
    waitForAll();
    sendFor(SettleSeconds);
}

void Load::runIdle() {
    setUp(WarmUpSessions);
    carrySome(0);
    const uint64_t before = residentBytes(plan_.processes);
    setUp(WarmUpSessions + plan_.streams);
    carrySome(WarmUpSessions);
    startMeasuring();
    sendFor(plan_.seconds);
    stopMeasuring();
    const uint64_t after = residentBytes(plan_.processes);
    outcome_.residentBytesPerSession =
        (static_cast<double>(after) - static_cast<double>(before)) / plan_.streams;
}

} // namespace rtmpload
