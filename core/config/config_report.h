#pragma once

/// What the reading of one configuration has brought to light: every key asked for and every
/// problem. Shared by all sections of a document; on the main thread. Bounded, since a plugin
/// decides how much is asked.

#include <set>
#include <string>
#include <vector>

#include "core/config/problem.h"

namespace srsproxy {

enum class ReadKind { Flag, Integer, Real, Duration, Size, Text, Texts, Section, Items };

/// One key that was asked for. Values are in a canonical spelling (`20s`, `64KiB`, `[a, b]`), so
/// equal values have equal texts; a secret that is set shows as `***`.
struct ReadRecord {
    std::string path; ///< `router.max_attempts`, `origins[0].name`
    ReadKind kind;
    std::string defaultValue;
    std::string value; ///< what the asker got
    bool present;      ///< in the file or the environment
    Location location; ///< of the value, or of the section that could hold it
};

class ConfigReport {
public:
    static constexpr size_t MaxProblems = 100;
    static constexpr size_t MaxRecords = 20'000;
    static constexpr size_t MaxSections = 100'000;

    /// The same problem at the same place counts once.
    void addProblem(Location location, std::string message);
    /// Records past MaxRecords are dropped.
    void addRecord(ReadRecord record);
    /// False when there are MaxSections sections already.
    bool addSection() { return ++sections_ <= MaxSections; }

    /// By place. Past MaxProblems only a count is kept; it is the last line then.
    std::vector<Problem> problems() const;
    const std::vector<ReadRecord>& records() const { return records_; }

private:
    std::vector<Problem> problems_;
    std::set<std::string> seen_; ///< the texts of problems_
    std::vector<ReadRecord> records_;
    size_t droppedProblems_ = 0;
    size_t sections_ = 0;
};

} // namespace srsproxy
