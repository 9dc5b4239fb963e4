#include "tests/plugins/rtmp/replay_fixture.h"

namespace srsproxy::rtmp::test {
namespace {

TEST_F(ReplayBufferTest, IsSmallAndHoldsNothingBeforeAPublish) {
    EXPECT_LE(sizeof(ReplayBuffer), 200U);
    EXPECT_EQ(replay.bytes(), 0U);
    EXPECT_TRUE(replay.space().empty());
    EXPECT_EQ(budget.bytesInUse(), 0U);
    EXPECT_EQ(replayed(), Messages{});
}

TEST_F(ReplayBufferTest, ReplaysHeadsAtTheKeyFramesTimeThenWhatFollows) {
    publish({{18, 0, Metadata},
             {9, 0, VideoHeader},
             {8, 0, AudioHeader},
             {8, 10, Sound},
             {9, 10, Inter},
             {9, 2000, Key},
             {8, 2005, Sound},
             {18, 2006, hex("02 000a 'onTextData' 08")},
             {9, 2040, Inter}});
    EXPECT_EQ(replayed(), (Messages{{18, 2000, Metadata},
                                    {9, 2000, VideoHeader},
                                    {8, 2000, AudioHeader},
                                    {9, 2000, Key},
                                    {8, 2005, Sound},
                                    {18, 2006, hex("02 000a 'onTextData' 08")},
                                    {9, 2040, Inter}}));
}

TEST_F(ReplayBufferTest, DropsWhatIsOlderThanTheLastKeyFrame) {
    const Bytes large = longer(Key, 100'000);
    publish({{9, 0, VideoHeader}, {9, 0, large}, {9, 40, longer(Inter, 200'000)}});
    EXPECT_GE(replay.bytes(), 300'000U);
    publish({{9, 80, Key}});
    EXPECT_EQ(replay.messages(), 1U);
    EXPECT_LE(budget.bytesInUse(), 2 * BlockBytes);
    EXPECT_EQ(replayed(), (Messages{{9, 80, VideoHeader}, {9, 80, Key}}));
}

TEST_F(ReplayBufferTest, KeepsOnlyHeadsWithoutAKeyFrame) {
    publish({{18, 0, Metadata}, {8, 0, AudioHeader}});
    for (uint32_t timeMs = 0; timeMs < 2300; timeMs += 23) {
        publish({{8, timeMs, Sound}});
    }
    EXPECT_TRUE(replay.space().empty());
    EXPECT_EQ(budget.bytesInUse(), 0U);
    EXPECT_LT(replay.bytes(), 2000U);
    EXPECT_EQ(replayed(), (Messages{{18, 2277, Metadata}, {8, 2277, AudioHeader}}));
}

TEST_F(ReplayBufferTest, PutsMetadataFirstAndReplacesIt) {
    const Bytes newer = hex("02 000d '@setDataFrame' 02 000a 'onMetaData' 08");
    publish({{9, 0, VideoHeader}, {18, 0, Metadata}, {18, 5, newer}, {9, 7, Key}});
    EXPECT_EQ(replayed(), (Messages{{18, 7, newer}, {9, 7, VideoHeader}, {9, 7, Key}}));
}

TEST_F(ReplayBufferTest, KeepsAHeadThatChangesInMidGroupAsAMessageUntilTheNextKeyFrame) {
    publish({{9, 0, VideoHeader}, {9, 0, Key}, {9, 40, OtherVideoHeader}, {9, 41, Inter}});
    EXPECT_EQ(
        replayed(),
        (Messages{{9, 0, VideoHeader}, {9, 0, Key}, {9, 40, OtherVideoHeader}, {9, 41, Inter}}));
    publish({{9, 80, Key}});
    EXPECT_EQ(replayed(), (Messages{{9, 80, OtherVideoHeader}, {9, 80, Key}}));
}

TEST_F(ReplayBufferTest, KeepsAHeadForEachTrackAndGroupsByTheLowestOne) {
    const Bytes second = hex("96 00 'avc1' 02 b1");
    const Bytes secondKey = hex("96 01 'avc1' 02 b2");
    publish({{9, 0, VideoHeader}, {9, 0, second}, {9, 0, secondKey}, {9, 1, Key}});
    publish({{9, 2, secondKey}, {9, 3, Inter}});
    EXPECT_EQ(
        replayed(),
        (Messages{
            {9, 1, VideoHeader}, {9, 1, second}, {9, 1, Key}, {9, 2, secondKey}, {9, 3, Inter}}));
}

TEST_F(ReplayBufferTest, ReplacesTheHeadsOfAllTracksThatAMessageCarries) {
    const Bytes first = hex("96 00 'avc1' 01 a1");
    const Bytes second = hex("96 00 'avc1' 02 b1");
    const Bytes third = hex("96 00 'avc1' 03 c1");
    const Bytes both = hex("96 10 'avc1' 01 000001 a2 02 000001 b2");
    publish({{9, 0, first}, {9, 0, second}, {9, 0, third}, {9, 0, both}, {9, 1, second}});
    EXPECT_EQ(replayed(), (Messages{{9, 1, third}, {9, 1, both}, {9, 1, second}}));
}

TEST_F(ReplayBufferTest, KeepsTheColourAndTheChannelsApartFromTheSequenceHeaders) {
    const Bytes start = hex("90 'hvc1' 01");
    const Bytes colour = hex("94 'hvc1' 02 0009 'colorInfo'");
    const Bytes opus = hex("90 'Opus' 'OpusHead'");
    const Bytes channels = hex("94 'Opus' 00 02");
    publish({{9, 0, start}, {9, 0, colour}, {8, 0, opus}, {8, 0, channels}});
    EXPECT_EQ(replayed(),
              (Messages{{9, 0, start}, {9, 0, colour}, {8, 0, opus}, {8, 0, channels}}));
}

TEST_F(ReplayBufferTest, TreatsAnAggregateAsDataThatStartsNothing) {
    const Bytes aggregate = hex("09 000005 00000000 000000 17 01 000000 00000010");
    publish({{22, 0, aggregate}});
    EXPECT_FALSE(replay.keeping());
    publish({{9, 5, Key}, {22, 9, aggregate}});
    EXPECT_EQ(replayed(), (Messages{{9, 5, Key}, {22, 9, aggregate}}));
}

TEST_F(ReplayBufferTest, PointsAtTheBytesWhereTheyWereReceived) {
    publish({{9, 0, Key}});
    const Bytes bytes = chunks({9, 40, longer(Inter, 100)});
    const std::span<const iovec> room = replay.space();
    ASSERT_EQ(room.size(), BlockPool::MaxPieces);
    auto* const at = static_cast<uint8_t*>(room[0].iov_base);
    std::memcpy(at, bytes.data(), bytes.size());
    replay.received(bytes.size());
    MediaKeeper(reader, replay, *this).feed({at, bytes.size()});
    replay.settle();
    const uint8_t* seen = nullptr;
    replay.replay([&](const Message& message) { seen = message.payload.data(); });
    EXPECT_EQ(seen, at + bytes.size() - 100);
}

TEST_F(ReplayBufferTest, GivesBackTheRoomThatWasNotUsed) {
    publish({{9, 0, Key}});
    const size_t before = replay.bytes();
    EXPECT_EQ(replay.space().size(), BlockPool::MaxPieces);
    EXPECT_GT(replay.bytes(), before);
    replay.settle();
    EXPECT_EQ(replay.bytes(), before);
}

TEST_F(ReplayBufferTest, TakesOnePieceForAChunkThatCameInManyReads) {
    setChunkSize(600'000);
    publish({{9, 0, Key}});
    const Bytes bytes = chunks({9, 40, longer(Inter, 500'000)});
    receive(std::span(bytes).first(12));
    const size_t before = replay.bytes() / BlockBytes;
    for (size_t at = 12; at < bytes.size(); at += 1000) {
        receive(std::span(bytes).subspan(at, std::min<size_t>(1000, bytes.size() - at)));
    }
    EXPECT_LE(replay.bytes() / BlockBytes - before, 8U);
    EXPECT_LT(replay.bytes() % BlockBytes, 2000U) << "records, not one for each read";
    EXPECT_EQ(replayed().back().payload, longer(Inter, 500'000));
}

TEST_F(ReplayBufferTest, DropsTheGroupOverItsLimitAndBeginsAgainAtTheNextKeyFrame) {
    publish({{9, 0, VideoHeader}, {9, 0, Key}, {9, 20, OtherVideoHeader}});
    publish({{9, 40, longer(Inter, MaxBytes)}, {9, 80, Inter}});
    EXPECT_FALSE(replay.keeping());
    EXPECT_TRUE(replay.space().empty());
    EXPECT_EQ(budget.bytesInUse(), 0U);
    EXPECT_EQ(replayed(), (Messages{{9, 80, OtherVideoHeader}}));
    publish({{9, 120, Key}, {9, 160, Inter}});
    EXPECT_EQ(replayed(), (Messages{{9, 120, OtherVideoHeader}, {9, 120, Key}, {9, 160, Inter}}));
}

TEST_F(ReplayBufferTest, CountsItsRecordsIntoTheLimit) {
    setChunkSize(1);
    publish({{9, 0, Key}});
    size_t most = 0;
    for (int i = 0; i < 400; ++i) {
        publish({{9, 40, longer(Inter, 1000)}}); // a piece for each byte
        most = std::max(most, replay.bytes());
    }
    EXPECT_FALSE(replay.keeping());
    EXPECT_LE(most, MaxBytes);
    EXPECT_GT(most, MaxBytes / 2);
}

TEST_F(ReplayBufferTest, CutsItsTablesDownAfterAGroupOfVeryManyPieces) {
    setChunkSize(1);
    publish({{9, 0, Key}, {9, 40, longer(Inter, 20'000)}});
    EXPECT_GT(replay.bytes(), 4 * BlockBytes);
    publish({{9, 80, Key}, {9, 120, Key}});
    EXPECT_LT(replay.bytes(), BlockBytes + 2000);
}

TEST_F(ReplayBufferTest, OffersNoMoreRoomThanItsLimit) {
    ReplayBuffer buffer(pool, 2 * BlockBytes + 5000);
    show(buffer, {6, 1, 0, MessageType::Video, Key});
    EXPECT_EQ(buffer.space().size(), 2U);
    buffer.settle();
}

TEST_F(ReplayBufferTest, DropsTheGroupWhenThePoolHasNoMore) {
    BlockBudget small(3 * BlockBytes);
    BlockPool scarce(small, 0);
    uint8_t* const taken = scarce.take();
    ReplayBuffer buffer(scarce, MaxBytes);
    const auto add = [&](uint32_t timeMs, const Bytes& payload) {
        show(buffer, {6, 1, timeMs, MessageType::Video, payload});
        buffer.settle();
    };
    add(0, Key);
    add(40, longer(Inter, 100'000));
    EXPECT_TRUE(buffer.keeping());
    add(80, longer(Inter, 100'000));
    EXPECT_FALSE(buffer.keeping());
    EXPECT_LT(buffer.bytes(), BlockBytes);
    EXPECT_LE(small.bytesInUse(), 2 * BlockBytes) << "at most as many kept as are in use";
    add(120, Key);
    EXPECT_EQ(buffer.messages(), 1U);
    scarce.give(taken);
}

TEST_F(ReplayBufferTest, StopsReceivingIntoBlocksWhenHardlyAnyRoomIsLeft) {
    BlockBudget small(BlockBytes);
    BlockPool scarce(small, 0);
    ReplayBuffer buffer(scarce, MaxBytes);
    show(buffer, {6, 1, 0, MessageType::Video, Key});
    buffer.settle();
    EXPECT_EQ(buffer.space().size(), 1U);
    buffer.settle();
    show(buffer, {6, 1, 40, MessageType::Video, longer(Inter, 60'000)});
    EXPECT_TRUE(buffer.space().empty());
    EXPECT_FALSE(buffer.keeping());
    buffer.settle();
    EXPECT_EQ(small.bytesInUse(), 0U);
}

TEST_F(ReplayBufferTest, TakesWholeMessages) {
    show(replay, {5, 1, 0, MessageType::DataAmf0, Metadata});
    show(replay, {6, 1, 0, MessageType::Video, VideoHeader});
    show(replay, {6, 1, 5, MessageType::Video, Key});
    replay.settle();
    publish({{9, 40, Inter}});
    EXPECT_EQ(replayed(),
              (Messages{{18, 5, Metadata}, {9, 5, VideoHeader}, {9, 5, Key}, {9, 40, Inter}}));
}

TEST_F(ReplayBufferTest, DoesNotKeepAHeadThatIsTooLong) {
    const Bytes large = longer(VideoHeader, ReplayHeads::MaxHeadBytes + 1);
    const Bytes largest = longer(AudioHeader, ReplayHeads::MaxHeadBytes);
    publish({{9, 0, large}, {8, 0, largest}, {9, 5, Key}});
    EXPECT_EQ(replayed(), (Messages{{8, 5, largest}, {9, 5, Key}}));
}

TEST_F(ReplayBufferTest, BoundsTheNumberAndTheSizeOfItsHeads) {
    for (uint32_t track = 0; track < 256; ++track) {
        Bytes head = hex("96 00 'avc1'");
        head.push_back(static_cast<uint8_t>(track));
        publish({{9, 0, head}});
    }
    EXPECT_EQ(replay.heads(), ReplayHeads::MaxHeads);
    for (uint32_t track = 0; track < 256; ++track) {
        Bytes head = hex("96 00 'avc1'");
        head.push_back(static_cast<uint8_t>(track));
        publish({{9, 0, longer(head, ReplayHeads::MaxHeadBytes)}});
    }
    EXPECT_LE(replay.bytes(), ReplayHeads::MaxTotalBytes + 4096);
    EXPECT_GE(replay.heads(), 3U);
}

} // namespace
} // namespace srsproxy::rtmp::test
