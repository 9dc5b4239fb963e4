// The replay buffer's key property over random, made and captured publishes; see replay_check.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/plugins/rtmp/codec/fixture_files.h"
#include "tests/plugins/rtmp/codec/stream_generator.h"
#include "tests/plugins/rtmp/replay_check.h"

namespace srsproxy::rtmp::test {
namespace {

constexpr size_t HandshakeBytes = 1 + 2 * 1536;

/// A publish as encoders make them: heads, groups of pictures, audio and data in between, heads
/// that change, one or three video tracks; the chunks of several chunk streams interleaved.
class PublishGenerator {
public:
    explicit PublishGenerator(uint32_t seed) : random_(seed), tracks_(seed % 3 == 0 ? 3 : 1) {
        control(1, 1 + pick(seed % 4 == 0 ? 8 : 300));
        send(5, 18, hex("02 000d '@setDataFrame' 02 000a 'onMetaData' 08"), 40);
        sendHeads();
        for (uint32_t frame = 0; frame < 40; ++frame) {
            timeMs_ += 33;
            if (pick(30) == 0) {
                sendHeads(); // in mid-group
            }
            for (uint32_t track = 0; track < tracks_; ++track) {
                const bool key = frame % 12 == 0;
                send(6, 9, video(key ? "17 01" : "27 01", key ? 0x91 : 0xA1, track),
                     key ? 900 : 200);
            }
            send(4, 8, hex("af 01"), 60);
            if (pick(15) == 0) {
                send(5, 18, hex("02 000a 'onTextData' 08"), 30);
            }
            interleave(pick(8));
        }
        interleave(SIZE_MAX);
        control(3, 0);
    }

    Bytes bytes;

private:
    struct Outgoing {
        uint32_t csid;
        Bytes payload;
        size_t sent;
    };

    uint32_t pick(uint32_t count) { return static_cast<uint32_t>(random_() % count); }

    Bytes video(const char* legacy, uint32_t extended, uint32_t track) {
        if (track == 0) {
            return hex(legacy);
        }
        Bytes tag = hex("96 00 'avc1'");
        tag[0] = static_cast<uint8_t>((extended & 0xF0) | 6);
        tag[1] = static_cast<uint8_t>(extended & 0x0F);
        tag.push_back(static_cast<uint8_t>(track));
        return tag;
    }

    void sendHeads() {
        for (uint32_t track = 0; track < tracks_; ++track) {
            send(6, 9, video("17 00", 0x90, track), 40);
        }
        send(4, 8, hex("af 00"), 6);
    }

    void send(uint32_t csid, uint8_t type, Bytes payload, uint32_t more) {
        while (std::any_of(queue_.begin(), queue_.end(),
                           [csid](const Outgoing& out) { return out.csid == csid; })) {
            interleave(1);
        }
        for (uint32_t i = 1 + pick(more); i > 0; --i) {
            payload.push_back(static_cast<uint8_t>(pick(256)));
        }
        bytes.push_back(static_cast<uint8_t>(csid));
        number(timeMs_, 3);
        number(static_cast<uint32_t>(payload.size()), 3);
        bytes.push_back(type);
        append(bytes, Bytes{1, 0, 0, 0});
        queue_.push_back({csid, std::move(payload), 0});
        proceed(queue_.size() - 1);
    }

    /// Up to `count` more chunks of what is under way.
    void interleave(size_t count) {
        for (; count > 0 && !queue_.empty(); --count) {
            const uint32_t index = pick(static_cast<uint32_t>(queue_.size()));
            bytes.push_back(static_cast<uint8_t>(0xC0 | queue_[index].csid));
            proceed(index);
        }
    }

    void proceed(size_t index) {
        Outgoing& out = queue_[index];
        const size_t count = std::min(chunkSize_, out.payload.size() - out.sent);
        append(bytes, std::span(out.payload).subspan(out.sent, count));
        out.sent += count;
        if (out.sent == out.payload.size()) {
            queue_.erase(queue_.begin() + static_cast<std::ptrdiff_t>(index));
        }
    }

    void control(uint8_t type, uint32_t value) {
        append(bytes, Bytes{2, 0, 0, 0, 0, 0, 4, type, 0, 0, 0, 0});
        number(value, 4);
        chunkSize_ = type == 1 ? value : chunkSize_;
    }

    void number(uint32_t value, int byteCount) {
        for (int shift = (byteCount - 1) * 8; shift >= 0; shift -= 8) {
            bytes.push_back(static_cast<uint8_t>(value >> shift));
        }
    }

    std::mt19937 random_;
    uint32_t tracks_;
    size_t chunkSize_ = 128;
    uint32_t timeMs_ = 0;
    std::vector<Outgoing> queue_;
};

/// Dies once or twice, somewhere.
ReplayPlan planFor(uint32_t seed, size_t size) {
    std::minstd_rand random(seed);
    ReplayPlan plan;
    plan.seed = seed;
    plan.maxPieceBytes = seed % 4 == 0 ? 3 : 1 + random() % 2000;
    size_t at = random() % size;
    for (uint32_t death = 0; death <= seed % 2; ++death) {
        const size_t next = at + (seed % 5 == 0 ? 0 : random() % 600);
        plan.deaths.emplace_back(at, next);
        at = next + random() % 1000;
    }
    return plan;
}

TEST(ReplayProperty, NextOriginGetsAllOfAPublishSinceItsKeyFrame) {
    for (uint32_t seed = 1; seed <= 150; ++seed) {
        const PublishGenerator generator(seed);
        ASSERT_EQ(checkReplay(generator.bytes, planFor(seed, generator.bytes.size())), "")
            << "seed " << seed;
    }
}

TEST(ReplayProperty, HoldsForAnyMessagesHeadersAndAborts) {
    for (uint32_t seed = 1; seed <= 150; ++seed) {
        GeneratorPlan shape;
        shape.seed = seed;
        shape.messages = 150;
        shape.lateTimes = seed % 2 == 0;
        shape.repeatTimestamps = seed % 3 != 0;
        shape.maxChunkSize = seed % 5 == 0 ? 3 : 400;
        shape.maxPayloadBytes = seed % 7 == 0 ? 12 : 400;
        StreamGenerator generator(shape);
        generator.run();
        ASSERT_EQ(checkReplay(generator.bytes, planFor(seed, generator.bytes.size())), "")
            << "seed " << seed;
    }
}

TEST(ReplayProperty, HoldsAtEveryByteOfAShortPublish) {
    const PublishGenerator generator(4); // tiny chunks
    for (size_t at = 0; at < generator.bytes.size(); at += 37) {
        ReplayPlan plan;
        plan.seed = static_cast<uint32_t>(at) + 1;
        plan.maxPieceBytes = 700;
        plan.deaths = {{at, at + at % 50}};
        ASSERT_EQ(checkReplay(generator.bytes, plan), "") << "at " << at;
    }
}

TEST(ReplayProperty, HoldsForCapturedPublishes) {
    for (const char* name : {"rtmp/ffmpeg-publish.c2s.bin", "rtmp/enhanced-hevc-publish.c2s.bin"}) {
        Bytes bytes = readFixture(name);
        bytes.erase(bytes.begin(), bytes.begin() + HandshakeBytes);
        for (uint32_t seed = 1; seed <= 12; ++seed) {
            ASSERT_EQ(checkReplay(bytes, planFor(seed, bytes.size())), "")
                << name << ", seed " << seed;
        }
    }
}

TEST(ReplayProperty, KeepsToItsMemoryAndReplaysNothingWrong) {
    for (uint32_t seed = 1; seed <= 80; ++seed) {
        const PublishGenerator generator(seed);
        ReplayPlan plan = planFor(seed, generator.bytes.size());
        plan.tight = true;
        plan.maxBytes = seed % 3 == 0 ? 2000 : 66'000 + seed * 7 % 3000;
        plan.budgetBytes = seed % 5 == 0 ? 0 : size_t{4} << 16;
        ASSERT_EQ(checkReplay(generator.bytes, plan), "") << "seed " << seed;
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
