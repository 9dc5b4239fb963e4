#pragma once

/// The log of the process: lines of text or JSON through Poco's channels, to standard output or
/// to a file. Made first and destroyed last by main; all threads write to it. Repetitions of one
/// kind of line are held back and counted, except those of source `access`.

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/log_format.h"
#include "core/base/result.h"

namespace srsproxy {

struct PocoLogOptions {
    int32_t level = LogInfo;
    LogFormat format = LogFormat::Text;
    std::string file;                ///< empty: standard output
    uint32_t repeatsPerSecond = 10;  ///< lines of one kind; 0: no limit
    size_t maxKindsPerSecond = 1024; ///< told apart; all further kinds are counted together
};

class PocoLogSink final : public LogSink {
public:
    /// Fails when the file cannot be opened for writing. `clock` outlives the sink. [main]
    static Result<std::shared_ptr<PocoLogSink>> open(PocoLogOptions options, const Clock& clock);
    /// Reports what is still held back.
    ~PocoLogSink() override;

    bool enabled(int32_t level) const override;
    /// A line that cannot be written (disk full) is lost; the next one that can says how many
    /// were. [any]
    void write(const LogRecord& record) override;

    /// Reports held-back lines when the second is over. To be called once a second, so that the
    /// report does not wait for the next line. [any]
    void tick();
    /// Opens the file anew, after a log rotation. On failure the old one stays in use. [any]
    Result<Done> reopen();

private:
    struct State;
    explicit PocoLogSink(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

} // namespace srsproxy
