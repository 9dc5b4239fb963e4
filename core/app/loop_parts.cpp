#include "core/app/loop_parts.h"

#include "core/base/abi.h"

namespace srsproxy {

Result<Done> LoopParts::attach(const std::string& name, IProtocol& protocol) {
    for (uint32_t i = 0; i < loops_.size(); ++i) {
        EventLoop& loop = loops_.at(i);
        ErrorText errors;
        ILoopPart* part = nullptr;
        loop.call([&] { part = protocol.attach(&loop, &errors); });
        if (part == nullptr) {
            return Error{"protocols." + name + ": cannot start on loop " + std::to_string(i) +
                         ": " + (errors.empty() ? "no reason given" : errors.text())};
        }
        parts_.push_back({i, part});
    }
    return Done{};
}

void LoopParts::drain(Milliseconds grace) {
    for (const Part& part : parts_) {
        loops_.at(part.loop).call([&] { part.part->drain(grace.count()); });
    }
}

void LoopParts::destroy() {
    for (const Part& part : parts_) {
        loops_.at(part.loop).call([&] { part.part->destroy(); });
    }
    parts_.clear();
}

} // namespace srsproxy
