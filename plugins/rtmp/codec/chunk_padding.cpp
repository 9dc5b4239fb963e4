#include "plugins/rtmp/codec/chunk_padding.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace srsproxy::rtmp {
namespace {

constexpr std::array<uint8_t, 4096> Zeros{};

void appendZeros(size_t count, OutputList& out) {
    while (count != 0) {
        const size_t now = std::min(count, Zeros.size());
        out.borrow(std::span(Zeros).first(now));
        count -= now;
    }
}

} // namespace

void appendPadding(const UnfinishedMessage& message, OutputList& out) {
    appendZeros(message.chunkRemaining, out);
    size_t left = message.remaining - message.chunkRemaining;
    const size_t chunkBytes = message.header.size() + message.chunkSize;
    if (chunkBytes < Zeros.size() && left >= message.chunkSize) {
        // Short chunks: a run of them is written once and sent again and again.
        const size_t inRun = std::min<size_t>(Zeros.size() / chunkBytes, left / message.chunkSize);
        const std::span<uint8_t> run(out.own(inRun * chunkBytes), inRun * chunkBytes);
        for (size_t at = 0; at < run.size(); at += chunkBytes) {
            std::memcpy(run.data() + at, message.header.data(), message.header.size());
            std::memset(run.data() + at + message.header.size(), 0, message.chunkSize);
        }
        left -= inRun * message.chunkSize;
        while (left >= message.chunkSize) {
            const size_t chunks = std::min<size_t>(inRun, left / message.chunkSize);
            out.borrow(run.first(chunks * chunkBytes));
            left -= chunks * message.chunkSize;
        }
    }
    while (left != 0) {
        const size_t now = std::min<size_t>(left, message.chunkSize);
        out.copy(message.header);
        appendZeros(now, out);
        left -= now;
    }
}

} // namespace srsproxy::rtmp
