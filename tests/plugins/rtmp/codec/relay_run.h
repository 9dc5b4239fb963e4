// Carries out a RelayPlan and notes what was seen where; relay_check.cpp judges it.
#pragma once

#include "plugins/rtmp/codec/chunk_relay.h"
#include "plugins/rtmp/codec/media_keeper.h"
#include "tests/plugins/rtmp/codec/relay_check.h"

#include <map>
#include <memory>
#include <random>
#include <vector>

namespace srsproxy::rtmp::test {

// An injected message: an Acknowledgement, filtered on the far side.
inline constexpr uint8_t MarkType = MessageType::Acknowledgement;

class RelayRun final : private MessageVisitor, private MediaTap {
public:
    RelayRun(std::span<const uint8_t> input, const RelayPlan& plan)
        : input_(input), plan_(plan), random_(plan.seed),
          reader_(std::make_unique<ChunkReader>(CheckLimits)) {}

    void run();

    std::vector<OwnedMessage> early;    // of the command phase
    std::vector<OwnedMessage> captured; // control and commands
    std::vector<OwnedMessage> media;    // as the tap and the visitor saw it
    std::vector<Bytes> hops;            // what each next hop received
    struct Padding {
        size_t hop = 0;
        size_t at = 0; // the messages' place among the hop's
        std::vector<OwnedMessage> messages;
    };
    std::vector<Padding> paddings;
    std::optional<size_t> diedAt; // place in the input
    size_t injected = 0;          // marks
    ChunkError error = ChunkError::None;
    bool atBoundary = true;
    bool insidePassed = false;
    std::string complaint;

private:
    Next onMessage(const Message& message) override;
    void chunk(const ChunkStream& stream, const ChunkView& view) override;
    void more(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient) override;
    void aborted(const ChunkStream& stream) override;

    bool chance(uint32_t percent) { return random_() % 100 < percent; }
    bool goesOn() const { return position_ < input_.size() || !rest_.empty(); }
    size_t consumed() const { return position_ - rest_.size(); }
    Bytes cut(size_t end);
    void feedCommandPhase();
    void newHop();
    void newRelay();
    void takeOver();
    void pad();
    void die();
    void relayPiece();
    void maybeInject();
    void maybeFlip();
    void collect(const ChunkStream& stream, std::span<const uint8_t> bytes, bool transient);
    void resend(OwnedMessage message);
    void send();

    std::span<const uint8_t> input_;
    const RelayPlan& plan_;
    std::minstd_rand random_;
    size_t position_ = 0;
    Bytes rest_;  // behind a Stop
    Bytes piece_; // being fed
    std::unique_ptr<ChunkReader> reader_;
    std::unique_ptr<ChunkWriter> writer_;
    std::unique_ptr<ChunkRelay> relay_;
    OutputList list_;
    size_t marksWaiting_ = 0;
    std::map<uint32_t, OwnedMessage> arriving_; // at the tap
    std::vector<OwnedMessage> kept_;            // complete while there was no next hop
};

} // namespace srsproxy::rtmp::test
