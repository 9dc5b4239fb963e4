#include "core/base/log_limiter.h"

#include "srsproxy/abi/log.h"

namespace srsproxy {
namespace {

constexpr size_t MaxNameBytes = 64; // of a source or topic that is told apart from others
constexpr Milliseconds Second{1000};

} // namespace

LogLimiter::LogLimiter(uint32_t linesPerSecond, size_t maxKinds)
    : linesPerSecond_(linesPerSecond), maxKinds_(maxKinds), others_{{LogWarning, "", "", 0}, 0} {}

std::vector<HeldBackLines> LogLimiter::roll(Milliseconds now) {
    return now - secondStart_ < Second ? std::vector<HeldBackLines>() : rollNow(now);
}

std::vector<HeldBackLines> LogLimiter::rollNow(Milliseconds now) {
    secondStart_ = now;
    std::vector<HeldBackLines> heldBack;
    for (auto& [key, kind] : kinds_) {
        if (kind.heldBack.lines > 0) {
            heldBack.push_back(std::move(kind.heldBack));
        }
    }
    if (others_.heldBack.lines > 0) {
        heldBack.push_back(others_.heldBack);
    }
    kinds_.clear();
    others_.heldBack.lines = 0;
    others_.written = 0;
    return heldBack;
}

bool LogLimiter::admit(int32_t level, std::string_view source, std::string_view topic) {
    if (linesPerSecond_ == 0) {
        return true;
    }
    source = source.substr(0, MaxNameBytes);
    topic = topic.substr(0, MaxNameBytes);
    std::string key = std::to_string(level);
    key.append(1, '\0').append(source).append(1, '\0').append(topic);
    auto found = kinds_.find(key);
    if (found == kinds_.end()) {
        if (kinds_.size() >= maxKinds_) {
            return admit(others_);
        }
        Kind fresh{{level, std::string(source), std::string(topic), 0}, 0};
        found = kinds_.emplace(std::move(key), std::move(fresh)).first;
    }
    return admit(found->second);
}

bool LogLimiter::admit(Kind& kind) const {
    if (kind.written < linesPerSecond_) {
        ++kind.written;
        return true;
    }
    ++kind.heldBack.lines;
    return false;
}

} // namespace srsproxy
