#include "tests/plugins/rtmp/codec/relay_check.h"

#include "tests/plugins/rtmp/codec/relay_run.h"

#include <algorithm>
#include <sstream>

namespace srsproxy::rtmp::test {
namespace {

constexpr uint32_t FallbackStream = 77;

using Messages = std::vector<OwnedMessage>;

std::string compare(const char* what, const Messages& wanted, const Messages& seen) {
    std::ostringstream text;
    for (size_t i = 0; i < std::min(wanted.size(), seen.size()); ++i) {
        if (!wanted[i].sameContent(seen[i])) {
            text << what << " message " << i << ": wanted " << wanted[i] << ", seen " << seen[i];
            return text.str();
        }
    }
    if (wanted.size() != seen.size()) {
        text << what << " messages: wanted " << wanted.size() << ", seen " << seen.size();
    }
    return text.str();
}

// Injected messages can hold up others, but never those of one chunk stream among themselves.
Messages byChunkStream(const Messages& messages) {
    std::map<uint32_t, Messages> streams;
    for (const OwnedMessage& message : messages) {
        streams[message.csid].push_back(message);
    }
    Messages sorted;
    for (const auto& [csid, ofStream] : streams) {
        sorted.insert(sorted.end(), ofStream.begin(), ofStream.end());
    }
    return sorted;
}

Messages mediaOf(const Messages& messages) {
    Messages media;
    std::copy_if(messages.begin(), messages.end(), std::back_inserter(media),
                 [](const OwnedMessage& message) { return isMedia(message.type); });
    return media;
}

bool isSubsequence(const Messages& part, const Messages& whole) {
    size_t found = 0;
    for (const OwnedMessage& message : whole) {
        if (found < part.size() && part[found].sameContent(message)) {
            ++found;
        }
    }
    return found == part.size();
}

struct Wanted {
    Messages early;
    Messages captured;
    Messages media; // as it came
    Messages passed;
};

void sortOut(const Messages& direct, size_t early, const RelayPlan& plan, Wanted& wanted) {
    for (const OwnedMessage& message : direct) {
        if (wanted.early.size() < early) {
            wanted.early.push_back(message);
        } else if (isCapturedInRelay(message.type)) {
            wanted.captured.push_back(message);
        } else if (const auto target = plan.route(message.streamId)) {
            if (isMedia(message.type)) {
                wanted.media.push_back(message);
            }
            wanted.passed.push_back(message);
            wanted.passed.back().streamId = *target;
            wanted.passed.back().timestampMs += plan.offsetMs;
        }
    }
}

struct Seen {
    Messages passed;
    size_t marks = 0;
    bool insideChunk = false; // the last hop
    bool insideMessage = false;
    std::string fault;
};

// Takes what was completed with zeros out of what a hop received.
std::string takePadded(const RelayRun::Padding& padding, Messages& received) {
    const size_t begin = std::min(padding.at, received.size());
    const size_t count = std::min(padding.messages.size(), received.size() - begin);
    const auto first = received.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = first + static_cast<std::ptrdiff_t>(count);
    const std::string fault = compare("padded", padding.messages, Messages(first, last));
    received.erase(first, last);
    return fault;
}

Seen readHops(const RelayRun& run) {
    Seen seen;
    for (size_t hop = 0; hop < run.hops.size() && seen.fault.empty(); ++hop) {
        ChunkReader reader(CheckLimits);
        Collector far;
        Bytes bytes = run.hops[hop];
        if (const ChunkError error = reader.feed(bytes, far).error; error != ChunkError::None) {
            seen.fault = "the far side cannot read: " + std::string(describe(error));
            return seen;
        }
        // The last first, as each one's place counts those before it.
        for (auto padding = run.paddings.rbegin(); padding != run.paddings.rend(); ++padding) {
            if (padding->hop == hop && seen.fault.empty()) {
                seen.fault = takePadded(*padding, far.messages);
            }
        }
        for (const OwnedMessage& message : far.messages) {
            if (!isCapturedInRelay(message.type)) {
                seen.passed.push_back(message);
            } else if (message.type == MarkType) {
                ++seen.marks;
            } else if (message.type > MessageType::Abort) {
                seen.fault = "a message of the hop itself was passed on";
            }
        }
        seen.insideChunk = reader.currentChunk() != nullptr;
        seen.insideMessage = std::any_of(reader.streams().begin(), reader.streams().end(),
                                         [](const auto& stream) { return stream.insideMessage(); });
    }
    return seen;
}

std::string comparePassed(Wanted& wanted, Seen& seen, const RelayPlan& plan) {
    if (plan.injectPercent != 0) {
        wanted.passed = byChunkStream(wanted.passed);
        seen.passed = byChunkStream(seen.passed);
    }
    const bool mayLose = plan.takeoverPercent != 0 || (plan.padAt != 0 && !plan.dies);
    if (!mayLose) {
        return compare("passed", wanted.passed, seen.passed);
    }
    // Only media goes to the tap, and so on to the next relay.
    if (!isSubsequence(seen.passed, wanted.passed)) {
        return "the next hops saw what was not sent, or in another order";
    }
    return compare("passed", mediaOf(wanted.passed), mediaOf(seen.passed));
}

} // namespace

std::optional<uint32_t> RelayPlan::route(uint32_t streamId) const {
    if (streamId == inStream) {
        return outStream;
    }
    if (streamId == 0) {
        return 0;
    }
    return dropUnmapped ? std::nullopt : std::optional(FallbackStream);
}

std::string checkRelay(std::span<const uint8_t> input, const RelayPlan& plan) {
    RelayRun run(input, plan);
    run.run();
    if (!run.complaint.empty()) {
        return run.complaint;
    }

    const Parsed direct = parse(input, SIZE_MAX, CheckLimits);
    if (run.error != direct.error) {
        return "relay and reader disagree about the error: " + std::string(describe(run.error)) +
               " / " + std::string(describe(direct.error));
    }
    Wanted wanted;
    if (run.diedAt) {
        sortOut(parse(input.first(*run.diedAt), SIZE_MAX, CheckLimits).messages, run.early.size(),
                plan, wanted);
    }
    sortOut(direct.messages, run.early.size(), plan, wanted);

    Seen seen = readHops(run);
    std::string fault = seen.fault;
    if (fault.empty()) {
        fault = compare("early", wanted.early, run.early);
    }
    if (fault.empty()) {
        fault = compare("captured", wanted.captured, run.captured);
    }
    if (fault.empty() && plan.tap) {
        fault = compare("shown", wanted.media, run.media);
    }
    if (fault.empty()) {
        fault = comparePassed(wanted, seen, plan);
    }
    if (fault.empty() && seen.marks != run.injected) {
        fault = "injected messages were lost";
    }
    if (fault.empty() && (run.atBoundary && seen.insideChunk)) {
        fault = "at a chunk boundary, but the far side waits for more of a chunk";
    }
    if (fault.empty() && run.insidePassed != seen.insideMessage) {
        fault = "relay and far side disagree about whether a message is under way";
    }
    return fault;
}

} // namespace srsproxy::rtmp::test
