#include "tests/plugins/rtmp/codec/relay_check.h"

#include "plugins/rtmp/codec/chunk_relay.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace srsproxy::rtmp::test {

namespace {

constexpr uint32_t FallbackStream = 77;
constexpr uint8_t MarkType = 3; // injected messages are Acknowledgements: filtered on the far side

class RelayRun : public MessageVisitor {
public:
    RelayRun(std::span<const uint8_t> input, const RelayPlan& plan)
        : input_(input), plan_(plan), random_(plan.seed) {}

    void run() {
        const size_t switchAt = std::min(plan_.commandPhaseBytes, input_.size());
        size_t position = 0;
        while (position < switchAt && error == ChunkError::None) {
            Bytes piece = cut(position, switchAt);
            error = reader_.feed(piece, early).error;
        }
        ChunkRelay relay(reader_, writer_);
        relay_ = &relay;
        for (const auto& [in, out] : plan_.streamIds) {
            relay.mapStream(in, out);
        }
        if (!plan_.dropUnmapped) {
            relay.setFallback(FallbackStream);
        }
        Bytes rest;
        while ((position < input_.size() || !rest.empty()) && error == ChunkError::None) {
            maybeInject();
            Bytes piece = std::move(rest);
            append(piece, cut(position, input_.size()));
            const FeedResult result = relay.relay(piece, *this, list_);
            error = result.error;
            if (result.stopped) {
                rest.assign(piece.begin() + static_cast<std::ptrdiff_t>(result.consumed),
                            piece.end());
            } else if (error == ChunkError::None && result.consumed != piece.size()) {
                complaint = "input left over without a stop";
            }
            send();
        }
        boundary = relay.atChunkBoundary();
        pending = relay.hasPending();
    }

    Next onMessage(const Message& message) override {
        captured.push_back(own(message));
        maybeInject();
        return random_() % 8 == 0 ? Next::Stop : Next::Continue;
    }

    std::vector<OwnedMessage> captured;
    Collector early;
    Bytes output;
    ChunkError error = ChunkError::None;
    size_t injected = 0;
    bool boundary = true;
    bool pending = false;
    std::string complaint;

private:
    Bytes cut(size_t& position, size_t end) {
        const size_t count = std::min<size_t>(1 + random_() % plan_.maxPieceBytes, end - position);
        const auto piece = input_.subspan(position, count);
        position += count;
        return Bytes(piece.begin(), piece.end());
    }

    void maybeInject() {
        if (random_() % 100 >= plan_.injectPercent) {
            return;
        }
        static constexpr uint32_t ChunkStreams[] = {2, 3, 4, 5, 6, 70, 400};
        const Bytes payload(random_() % 300, 0xAB);
        Message message;
        message.type = MarkType;
        message.csid = ChunkStreams[random_() % std::size(ChunkStreams)];
        message.timestampMs = static_cast<uint32_t>(random_() % 9 + random_() % 2 * 0xFFFFFF);
        message.payload = payload;
        injected += relay_->inject(message, list_) ? 1 : 0;
    }

    // As the socket would: everything, or part of it with the rest saved.
    void send() {
        size_t total = 0;
        for (const iovec& piece : list_.pieces()) {
            total += piece.iov_len;
        }
        if (total != list_.size()) {
            complaint = "OutputList::size() is wrong";
        }
        const size_t taken = list_.size() == 0 ? 0 : random_() % list_.size();
        Bytes all;
        list_.copyFrom(0, all);
        output.insert(output.end(), all.begin(), all.begin() + static_cast<std::ptrdiff_t>(taken));
        list_.copyFrom(taken, output);
        list_.clear();
    }

    std::span<const uint8_t> input_;
    const RelayPlan& plan_;
    std::minstd_rand random_;
    ChunkReader reader_{WideLimits};
    ChunkWriter writer_;
    OutputList list_;
    ChunkRelay* relay_ = nullptr;
};

std::string compare(const char* what, const std::vector<OwnedMessage>& wanted,
                    const std::vector<OwnedMessage>& seen) {
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

} // namespace

std::string checkRelay(std::span<const uint8_t> input, const RelayPlan& plan) {
    const Parsed direct = parse(input);
    RelayRun relayed(input, plan);
    relayed.run();
    if (!relayed.complaint.empty()) {
        return relayed.complaint;
    }
    if (relayed.error != direct.error) {
        return "relay and reader disagree about the error: " +
               std::string(describe(relayed.error)) + " / " + std::string(describe(direct.error));
    }

    std::vector<OwnedMessage> early(relayed.early.messages);
    std::vector<OwnedMessage> wantedEarly;
    std::vector<OwnedMessage> wantedCaptured;
    std::vector<OwnedMessage> wantedPassed;
    for (const OwnedMessage& message : direct.messages) {
        if (wantedEarly.size() < early.size()) {
            wantedEarly.push_back(message);
        } else if (isCapturedInRelay(message.type)) {
            wantedCaptured.push_back(message);
        } else {
            std::optional<uint32_t> target;
            for (const auto& [in, out] : plan.streamIds) {
                target = in == message.streamId ? std::optional(out) : target;
            }
            if (!target && message.streamId == 0) {
                target = 0;
            }
            if (!target && !plan.dropUnmapped) {
                target = FallbackStream;
            }
            if (target) {
                wantedPassed.push_back(message);
                wantedPassed.back().streamId = *target;
            }
        }
    }

    const Parsed far = parse(relayed.output);
    if (far.error != ChunkError::None) {
        return "the far side cannot read: " + std::string(describe(far.error));
    }
    std::vector<OwnedMessage> passed;
    size_t marks = 0;
    for (const OwnedMessage& message : far.messages) {
        if (!isCapturedInRelay(message.type)) {
            passed.push_back(message);
        } else if (message.type == MarkType) {
            ++marks;
        } else if (message.type > MessageType::Abort) {
            return "a message of the hop itself was passed on";
        }
    }
    std::string fault = compare("early", wantedEarly, early);
    if (fault.empty()) {
        fault = compare("captured", wantedCaptured, relayed.captured);
    }
    if (fault.empty()) {
        fault = compare("passed", wantedPassed, passed);
    }
    if (fault.empty() && !relayed.pending && marks != relayed.injected) {
        fault = "injected messages were lost";
    }
    if (fault.empty() && relayed.boundary && far.insideChunk) {
        fault = "at a chunk boundary, but the far side waits for more of a chunk";
    }
    return fault;
}

} // namespace srsproxy::rtmp::test
