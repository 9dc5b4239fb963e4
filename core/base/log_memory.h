#pragma once

/// A log for tests: keeps what is written. Shared by the test and whatever it tests; all threads
/// may write.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/base/log_format.h"

namespace srsproxy {

class MemoryLogSink final : public LogSink {
public:
    struct Entry {
        int32_t level;
        std::string source;
        uint64_t session;
        std::string topic;
        std::string message;
        std::vector<std::pair<std::string, std::string>> fields;
        std::string line; ///< as the text log has it, without the time
    };

    explicit MemoryLogSink(int32_t level = LogTrace) : level_(level) {}

    bool enabled(int32_t level) const override { return level <= level_; }
    void write(const LogRecord& record) override {
        Entry entry{record.level,
                    std::string(record.source),
                    record.session,
                    std::string(record.topic),
                    std::string(record.message),
                    {},
                    formatLogText(record, {})};
        entry.line.erase(0, entry.line.find(' ') + 1);
        for (const LogField& field : record.fields) {
            entry.fields.emplace_back(field.name, field.value);
        }
        {
            const std::lock_guard lock(mutex_);
            entries_.push_back(std::move(entry));
        }
        written_.notify_all();
    }

    std::vector<Entry> entries() const { ///< [any]
        const std::lock_guard lock(mutex_);
        return entries_;
    }
    /// Lines so far in which `text` occurs. [any]
    size_t count(std::string_view text) const {
        const std::lock_guard lock(mutex_);
        return countLocked(text);
    }
    /// False when no line with `text` was there by the deadline. [any]
    bool waitFor(std::string_view text,
                 std::chrono::milliseconds deadline = std::chrono::seconds(10)) const {
        std::unique_lock lock(mutex_);
        return written_.wait_for(lock, deadline, [&] { return countLocked(text) > 0; });
    }
    void clear() { ///< [any]
        const std::lock_guard lock(mutex_);
        entries_.clear();
    }

private:
    size_t countLocked(std::string_view text) const {
        return static_cast<size_t>(
            std::count_if(entries_.begin(), entries_.end(), [text](const Entry& entry) {
                return entry.line.find(text) != std::string::npos;
            }));
    }

    const int32_t level_;
    mutable std::mutex mutex_;
    mutable std::condition_variable written_;
    std::vector<Entry> entries_; ///< guarded by mutex_
};

} // namespace srsproxy
