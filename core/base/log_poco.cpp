#include "core/base/log_poco.h"

#include <iostream>
#include <mutex>
#include <utility>

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Exception.h>
#include <Poco/FileChannel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

#include "core/base/log_limiter.h"

namespace srsproxy {
namespace {

/// A logger that is not in Poco's process-wide table.
class LineLogger final : public Poco::Logger {
public:
    explicit LineLogger(Poco::Channel::Ptr channel)
        : Poco::Logger("srsproxy", std::move(channel), Poco::Message::PRIO_TRACE) {}
};

/// Says when a line could not be written, and tries anew with the next one: Poco's own goes
/// silent for ever.
class StandardOutput final : public Poco::Channel {
public:
    void log(const Poco::Message& message) override {
        std::cout.clear();
        if (!(std::cout << message.getText() << std::endl)) {
            throw Poco::WriteFileException("standard output");
        }
    }

private:
    ~StandardOutput() override = default;
};

/// Throws Poco::Exception or std::exception.
Poco::Channel::Ptr openChannel(const std::string& file) {
    Poco::Channel::Ptr channel;
    if (file.empty()) {
        channel = new StandardOutput;
    } else {
        channel = new Poco::FileChannel(file);
    }
    channel->open();
    return channel;
}

Result<Poco::Channel::Ptr> tryOpenChannel(const std::string& file) {
    std::string reason;
    try {
        return openChannel(file);
    } catch (const Poco::Exception& error) {
        reason = error.displayText();
    } catch (const std::exception& error) {
        reason = error.what();
    }
    return Error{"log.file: cannot write to \"" + file + "\" (" + reason +
                 "): name a file in a folder that exists and is writable, or leave it empty for "
                 "standard output"};
}

Poco::Message::Priority priority(int32_t level) {
    if (level <= LogError) {
        return Poco::Message::PRIO_ERROR;
    }
    return level >= LogTrace ? Poco::Message::PRIO_TRACE
                             : static_cast<Poco::Message::Priority>(level);
}

} // namespace

struct PocoLogSink::State {
    State(PocoLogOptions given, const Clock& time, Poco::Channel::Ptr target)
        : options(std::move(given)), clock(time), channel(std::move(target)),
          logger(new LineLogger(channel)),
          limiter(options.repeatsPerSecond, options.maxKindsPerSecond) {}

    void put(const LogRecord& record);
    void putCounted(std::string_view topic, int32_t level, const std::string& message);
    void report(const std::vector<HeldBackLines>& heldBack);

    const PocoLogOptions options;
    const Clock& clock;
    std::mutex mutex; ///< guards all below
    Poco::Channel::Ptr channel;
    Poco::AutoPtr<LineLogger> logger;
    LogLimiter limiter;
    uint64_t lost = 0;
};

void PocoLogSink::State::put(const LogRecord& record) {
    try {
        const auto time = std::chrono::system_clock::now();
        const std::string line = options.format == LogFormat::Json ? formatLogJson(record, time)
                                                                   : formatLogText(record, time);
        logger->log(Poco::Message("srsproxy", line, priority(record.level)));
    } catch (...) {
        ++lost;
        channel->close(); // a stream that failed once would fail for ever
        return;
    }
    if (lost > 0) {
        const uint64_t count = std::exchange(lost, 0);
        putCounted("lines lost", LogError,
                   "could not write " + std::to_string(count) +
                       " lines to the log: is the disk full?");
        if (lost > 0) {
            lost = count; // not told yet
        }
    }
}

void PocoLogSink::State::putCounted(std::string_view topic, int32_t level,
                                    const std::string& message) {
    put(LogRecord{level, "log", 0, topic, message, {}});
}

void PocoLogSink::State::report(const std::vector<HeldBackLines>& heldBack) {
    for (const HeldBackLines& kind : heldBack) {
        const std::string count = "held back " + std::to_string(kind.lines) + " more ";
        const std::string what = kind.source.empty() && kind.topic.empty()
                                     ? "lines of many other kinds"
                                     : "\"" + kind.topic + "\" lines of " + kind.source;
        putCounted("held back", kind.level, count + what);
    }
}

Result<std::shared_ptr<PocoLogSink>> PocoLogSink::open(PocoLogOptions options, const Clock& clock) {
    Result<Poco::Channel::Ptr> channel = tryOpenChannel(options.file);
    if (!channel) {
        return channel.error();
    }
    auto state = std::make_unique<State>(std::move(options), clock, *channel);
    return std::shared_ptr<PocoLogSink>(new PocoLogSink(std::move(state)));
}

PocoLogSink::PocoLogSink(std::unique_ptr<State> state) : state_(std::move(state)) {}

PocoLogSink::~PocoLogSink() {
    state_->report(state_->limiter.rollNow(state_->clock.now()));
}

bool PocoLogSink::enabled(int32_t level) const {
    return level <= state_->options.level;
}

void PocoLogSink::write(const LogRecord& record) {
    if (!enabled(record.level)) {
        return;
    }
    const std::lock_guard lock(state_->mutex);
    state_->report(state_->limiter.roll(state_->clock.now()));
    if (record.source == "access" ||
        state_->limiter.admit(record.level, record.source, record.topic)) {
        state_->put(record);
    }
}

void PocoLogSink::tick() {
    const std::lock_guard lock(state_->mutex);
    state_->report(state_->limiter.roll(state_->clock.now()));
}

Result<Done> PocoLogSink::reopen() {
    if (state_->options.file.empty()) {
        return Done{};
    }
    Result<Poco::Channel::Ptr> fresh = tryOpenChannel(state_->options.file);
    if (!fresh) {
        return fresh.error();
    }
    const std::lock_guard lock(state_->mutex);
    state_->channel = *fresh;
    state_->logger->setChannel(state_->channel);
    return Done{};
}

} // namespace srsproxy
