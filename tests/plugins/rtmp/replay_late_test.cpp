// Messages that are half received when an origin takes over, and those that are given up.
#include "tests/plugins/rtmp/replay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

TEST_F(ReplayBufferTest, ShowsLateMessagesOnceAtTheirLastByte) {
    publish({{9, 0, VideoHeader}, {9, 0, Key}});
    const Bytes bytes = chunks({9, 40, longer(Inter, 1000)});
    receive(std::span(bytes).first(AfterTwoChunks));
    publish({{8, 41, Sound}});
    EXPECT_EQ(replayed(), (Messages{{9, 0, VideoHeader}, {9, 0, Key}, {8, 41, Sound}}));
    EXPECT_TRUE(replay.hasLate());

    Messages late;
    replay.setLate([&](const Message& message) { late.push_back(copy(message)); });
    receive(std::span(bytes).subspan(AfterTwoChunks, bytes.size() - AfterTwoChunks - 1));
    EXPECT_EQ(late, Messages{});
    receive(std::span(bytes).last(1));
    EXPECT_EQ(late, (Messages{{9, 40, longer(Inter, 1000)}}));
    EXPECT_FALSE(replay.hasLate());
    publish({{9, 80, Inter}});
    EXPECT_EQ(late.size(), 1U);
    // The next origin gets it in its place.
    EXPECT_EQ(replayed(), (Messages{{9, 0, VideoHeader},
                                    {9, 0, Key},
                                    {9, 40, longer(Inter, 1000)},
                                    {8, 41, Sound},
                                    {9, 80, Inter}}));
}

TEST_F(ReplayBufferTest, ShowsAHeadThatWasHalfReceivedLate) {
    const Bytes metadata = longer(Metadata, 300);
    const Bytes bytes = chunks({18, 0, metadata});
    receive(std::span(bytes).first(20)); // its kind is not even known
    EXPECT_EQ(replayed(), Messages{});
    Messages late;
    replay.setLate([&](const Message& message) { late.push_back(copy(message)); });
    receive(std::span(bytes).subspan(20));
    EXPECT_EQ(late, (Messages{{18, 0, metadata}}));
    EXPECT_EQ(replayed(), (Messages{{18, 0, metadata}}));
}

TEST_F(ReplayBufferTest, KeepsTheGroupOfALateMessageOverAKeyFrame) {
    publish({{9, 0, Key}});
    const Bytes sound = chunks({8, 20, longer(Sound, 300)});
    receive(std::span(sound).first(AfterTwoChunks));
    replayed();
    Messages late;
    replay.setLate([&](const Message& message) { late.push_back(copy(message)); });
    publish({{9, 40, Key}});
    receive(std::span(sound).subspan(AfterTwoChunks));
    EXPECT_EQ(late, (Messages{{8, 20, longer(Sound, 300)}}));
    publish({{9, 80, Key}});
    EXPECT_EQ(replayed(), (Messages{{9, 80, Key}}));
}

TEST_F(ReplayBufferTest, ForgetsAnAbortedMessage) {
    publish({{9, 0, Key}});
    const Bytes sound = chunks({8, 20, longer(Sound, 300)});
    receive(std::span(sound).first(AfterTwoChunks));
    abort(4);
    publish({{9, 40, Inter}});
    EXPECT_EQ(replayed(), (Messages{{9, 0, Key}, {9, 40, Inter}}));
}

TEST_F(ReplayBufferTest, ForgetsTheGroupOfAnAbortedKeyFrame) {
    publish({{9, 0, VideoHeader}});
    const Bytes key = chunks({9, 10, longer(Key, 300)});
    receive(std::span(key).first(AfterTwoChunks));
    EXPECT_TRUE(replay.keeping());
    abort(6);
    publish({{9, 40, Inter}});
    EXPECT_EQ(replayed(), (Messages{{9, 40, VideoHeader}}));
}

TEST_F(ReplayBufferTest, ShowsLateMessagesWhenTheirKeyFrameIsAborted) {
    const Bytes key = chunks({9, 10, longer(Key, 300)});
    const Bytes sound = chunks({8, 20, longer(Sound, 300)});
    receive(std::span(key).first(AfterTwoChunks));
    receive(std::span(sound).first(AfterTwoChunks));
    replayed();
    Messages late;
    replay.setLate([&](const Message& message) { late.push_back(copy(message)); });
    abort(6);
    receive(std::span(sound).subspan(AfterTwoChunks));
    EXPECT_EQ(late, (Messages{{8, 20, longer(Sound, 300)}}));
}

TEST_F(ReplayBufferTest, PassesOverAMessageWhoseBeginningItDidNotSee) {
    const Bytes key = chunks({9, 10, longer(Key, 300)});
    Bytes first(key.begin(), key.begin() + AfterTwoChunks);
    ReplayBuffer before(pool, MaxBytes);
    MediaKeeper(reader, before, *this).feed(first);
    receive(std::span(key).subspan(AfterTwoChunks));
    EXPECT_FALSE(replay.keeping());
    publish({{9, 40, Key}});
    EXPECT_EQ(replayed(), (Messages{{9, 40, Key}}));
}

TEST_F(ReplayBufferTest, BeginsAnewWhenTheEndOfAMessageWasNotShown) {
    publish({{9, 0, Key}});
    const Bytes half = chunks({8, 20, longer(Sound, 300)});
    receive(std::span(half).first(AfterTwoChunks));
    reader = ChunkReader();
    publish({{8, 40, longer(Sound, 200)}});
    EXPECT_EQ(replayed(), (Messages{{9, 0, Key}, {8, 40, longer(Sound, 200)}}));
}

TEST_F(ReplayBufferTest, BoundsWhatItGathersOfUnfinishedHeads) {
    const Bytes head = longer(VideoHeader, ReplayHeads::MaxHeadBytes);
    setChunkSize(ReplayHeads::MaxHeadBytes - 1);
    for (uint32_t csid = 10; csid < 60; ++csid) {
        Bytes bytes;
        client.write({csid, 1, 0, MessageType::Video, head}, bytes);
        receive(std::span(bytes).first(bytes.size() - 2)); // all but the last chunk
    }
    EXPECT_LE(replay.bytes(), 2 * ReplayHeads::MaxTotalBytes);
    EXPECT_GE(replay.bytes(), 3 * ReplayHeads::MaxHeadBytes);
}

/// The first bytes of a message were copied and so lie behind those that follow.
TEST_F(ReplayBufferTest, KeepsTheBlocksOfAMessageWhoseBeginningLiesBehindItsEnd) {
    const Bytes tag = hex("96 01 'avc1' 01 05"); // its track tells whether it begins the group
    for (size_t cut = 1; cut < tag.size(); ++cut) {
        ReplayBuffer buffer(pool, MaxBytes);
        show(buffer, {6, 1, 0, MessageType::Video, tag});
        buffer.settle();
        const iovec first = buffer.space()[0];
        buffer.received(first.iov_len); // from now on copies go to the second block
        std::span<uint8_t> inFirst(static_cast<uint8_t*>(first.iov_base) + first.iov_len - 500,
                                   500);
        std::fill(inFirst.begin(), inFirst.end(), uint8_t{0x5A});
        std::copy(tag.begin() + static_cast<ptrdiff_t>(cut), tag.end(), inFirst.begin());

        ChunkStream stream(6);
        stream.type = MessageType::Video;
        stream.streamId = 1;
        stream.timestampMs = 40;
        stream.length = static_cast<uint32_t>(cut + inFirst.size());
        stream.remaining = stream.length - static_cast<uint32_t>(cut);
        Bytes beginning(tag.begin(), tag.begin() + static_cast<ptrdiff_t>(cut));
        buffer.chunk(stream, {0, 0, 0, true, false, true, beginning, false});
        for (const size_t count : {1, 499}) {
            stream.remaining -= static_cast<uint32_t>(count);
            buffer.more(stream, inFirst.first(count), false);
            inFirst = inFirst.subspan(count);
        }
        buffer.settle();
        Messages messages;
        buffer.replay([&](const Message& message) { messages.push_back(copy(message)); });
        EXPECT_EQ(messages, (Messages{{9, 40, longer(tag, cut + 500)}})) << "cut at " << cut;
    }
}

} // namespace
} // namespace srsproxy::rtmp::test
