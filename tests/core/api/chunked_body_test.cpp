#include "core/api/chunked_body.h"

#include <gtest/gtest.h>

namespace srsproxy {
namespace {

using State = ChunkedBody::State;

TEST(ChunkedBody, ReadsChunksAndNothingElse) {
    struct Row {
        std::string wire;
        State state;
        std::string body;
    };
    const Row rows[] = {
        {"0\r\n\r\n", State::Done, ""},
        {"4\r\nabcd\r\n0\r\n\r\n", State::Done, "abcd"},
        {"a;x=\"y\"\r\n0123456789\r\n00\r\n\r\n", State::Done, "0123456789"},
        {"A \r\n0123456789\r\n0\r\nX-Sum: 1\r\nX: 2\r\n\r\n", State::Done, "0123456789"},
        {"2\r\n\r\n\r\n0\r\n\r\n", State::Done, "\r\n"},
        {"10\r\n0123456789abcdef\r\n", State::More, "0123456789abcdef"},
        {"", State::More, ""},
        {"10\r\n0123456789abcdef\r\n1\r\n", State::TooLarge, "0123456789abcdef"},
        {"11\r\n", State::TooLarge, ""},
        {"FFFFFFFF\r\n", State::TooLarge, ""},
        {"000000001\r\n", State::Malformed, ""},
        {"\r\n", State::Malformed, ""},
        {"-1\r\n", State::Malformed, ""},
        {"0x4\r\n", State::Malformed, ""},
        {"zz\r\n", State::Malformed, ""},
        {"4\nabcd", State::Malformed, ""},
        {"4;x\nabcd", State::Malformed, ""},
        {"4\r\nabcdX", State::Malformed, "abcd"},
        {"4\r\nabcd\rX", State::Malformed, "abcd"},
        {"0\r\nX: 1\n", State::Malformed, ""},
        {"0\r\n\rX", State::Malformed, ""},
    };
    for (const Row& row : rows) {
        ChunkedBody body(16);
        State state = State::More;
        for (const char byte : row.wire) {
            state = body.feed(byte);
        }
        EXPECT_EQ(state, row.state) << row.wire;
        EXPECT_EQ(body.takeBody(), row.body) << row.wire;
    }
}

} // namespace
} // namespace srsproxy
