#include "core/config/config_report.h"

namespace srsproxy {

void ConfigReport::addProblem(Location location, std::string message) {
    Problem problem{std::move(location), std::move(message)};
    std::string text = problem.text();
    if (seen_.count(text) != 0) {
        return;
    }
    if (problems_.size() >= MaxProblems) {
        ++droppedProblems_;
        return;
    }
    seen_.insert(std::move(text));
    problems_.push_back(std::move(problem));
}

void ConfigReport::addRecord(ReadRecord record) {
    if (records_.size() < MaxRecords) {
        records_.push_back(std::move(record));
    }
}

std::vector<Problem> ConfigReport::problems() const {
    std::vector<Problem> sorted = problems_;
    sortProblems(sorted);
    if (droppedProblems_ != 0) {
        sorted.push_back({Location{}, "and " + std::to_string(droppedProblems_) +
                                          " more problems: mend these first"});
    }
    return sorted;
}

} // namespace srsproxy
