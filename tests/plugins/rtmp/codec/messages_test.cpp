#include "plugins/rtmp/codec/messages.h"
#include "tests/plugins/rtmp/codec/test_support.h"

#include <gtest/gtest.h>

namespace srsproxy::rtmp::test {
namespace {

Bytes payloadOf(const ControlMessage& control) {
    return own(control.message()).payload;
}

TEST(Messages, MakesControlMessages) {
    EXPECT_EQ(payloadOf(makeSetChunkSize(60000)), hex("0000ea60"));
    EXPECT_EQ(payloadOf(makeAbort(65599)), hex("0001003f"));
    EXPECT_EQ(payloadOf(makeAcknowledgement(0x01020304)), hex("01020304"));
    EXPECT_EQ(payloadOf(makeWindowAckSize(2500000)), hex("002625a0"));
    EXPECT_EQ(payloadOf(makeSetPeerBandwidth(2500000, BandwidthLimit::Dynamic)),
              hex("002625a0 02"));
    EXPECT_EQ(payloadOf(makeUserControl(UserEvent::StreamBegin, 1)), hex("0000 00000001"));
    EXPECT_EQ(payloadOf(makeSetBufferLength(1, 3000)), hex("0003 00000001 00000bb8"));
    const ControlMessage ping = makeUserControl(UserEvent::PingRequest, 7);
    EXPECT_EQ(ping.message().type, MessageType::UserControl);
    EXPECT_EQ(ping.message().csid, ControlChunkStream);
    EXPECT_EQ(ping.message().streamId, 0U);
}

TEST(Messages, ParsesControlMessagesAndRefusesShortOnes) {
    EXPECT_EQ(parseControlNumber(hex("0000ea60 ff")), 60000U);
    EXPECT_FALSE(parseControlNumber(hex("0000ea")));
    EXPECT_EQ(parseSetPeerBandwidth(hex("002625a0 00"))->limit, BandwidthLimit::Hard);
    EXPECT_EQ(parseSetPeerBandwidth(hex("002625a0"))->limit, BandwidthLimit::Dynamic);
    EXPECT_FALSE(parseSetPeerBandwidth(hex("0026")));
    const auto buffer = parseUserControl(hex("0003 00000001 00000bb8"));
    ASSERT_TRUE(buffer);
    EXPECT_EQ(buffer->event, UserEvent::SetBufferLength);
    EXPECT_EQ(buffer->value, 1U);
    EXPECT_EQ(buffer->extra, 3000U);
    EXPECT_TRUE(buffer->hasExtra);
    EXPECT_EQ(parseUserControl(hex("001a 01"))->event, 26); // SRS and SWF verification events
    EXPECT_FALSE(parseUserControl(hex("00")));
}

TEST(Messages, KnowsWhatARelayCaptures) {
    for (const uint8_t type : hex("010203040506 1114")) {
        EXPECT_TRUE(isCapturedInRelay(type)) << int{type};
    }
    for (const uint8_t type : hex("0007 0809 0f10 1213 1663 ff")) {
        EXPECT_FALSE(isCapturedInRelay(type)) << int{type};
    }
}

TEST(Acknowledger, IsSilentWithoutAWindow) {
    Acknowledger acks;
    EXPECT_FALSE(acks.received(1U << 30));
    EXPECT_EQ(acks.totalBytes(), 1U << 30);
}

TEST(Acknowledger, AcknowledgesAtHalfTheWindow) {
    Acknowledger acks;
    acks.setWindow(1000);
    EXPECT_FALSE(acks.received(499));
    EXPECT_EQ(acks.received(1), 500U);
    EXPECT_FALSE(acks.received(499));
    EXPECT_EQ(acks.received(5000), 5999U);
    acks.setWindow(1);
    EXPECT_FALSE(acks.received(0));
    EXPECT_EQ(acks.received(1), 6000U);
}

TEST(Acknowledger, CountsModulo32Bits) {
    Acknowledger acks;
    acks.setWindow(2500000);
    EXPECT_EQ(acks.received(0xFFFFFFFF), 0xFFFFFFFFU);
    EXPECT_EQ(acks.received(2000001), 2000000U);
}

} // namespace
} // namespace srsproxy::rtmp::test
