#pragma once

/// The bytes of a ReplayBuffer: one log, numbered modulo 2^32 and cut into blocks. Grows at its
/// end (received into, or copied), shrinks at its beginning. Owned by a ReplayBuffer, used on its
/// loop. 40 bytes while empty.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <sys/uio.h>
#include <vector>

#include "plugins/rtmp/block_pool.h"

namespace srsproxy::rtmp {

class BlockLog {
public:
    explicit BlockLog(BlockPool& pool) : pool_(pool) {}
    ~BlockLog();
    BlockLog(const BlockLog&) = delete;
    BlockLog& operator=(const BlockLog&) = delete;

    /// Free room behind the end, as far as the pool and `maxBlocks` allow, in the pool's list of
    /// pieces. Stays where it is until received() or trim().
    std::span<const iovec> space(size_t maxBlocks);
    /// The first `count` bytes of the room are bytes of the log now.
    void received(size_t count) { end_ += static_cast<uint32_t>(count); }

    /// The number of the first byte, when the bytes lie in one of the blocks.
    std::optional<uint32_t> find(std::span<const uint8_t> bytes) const {
        for (size_t i = blocks_.size(); i-- > 0;) {
            const size_t offset =
                reinterpret_cast<uintptr_t>(bytes.data()) - reinterpret_cast<uintptr_t>(blocks_[i]);
            if (offset < BlockBytes && bytes.size() <= BlockBytes - offset) {
                return base_ + static_cast<uint32_t>(i * BlockBytes + offset);
            }
        }
        return std::nullopt;
    }

    /// Appends a copy and says the number of its first byte; nullopt when there is no room for all
    /// of it. Not between space() and received().
    std::optional<uint32_t> append(std::span<const uint8_t> bytes, size_t maxBlocks);

    /// Does `a` come before `b`? Requires: both are numbers of the log.
    bool before(uint32_t a, uint32_t b) const { return a - base_ < b - base_; }

    /// `size` bytes from `at` on, as far as they lie in one block: the first piece of them.
    std::span<const uint8_t> piece(uint32_t at, uint32_t size) const;

    /// Gives back the blocks that lie wholly before `start`, and those behind the end.
    void trim(uint32_t start);
    /// Gives back all blocks.
    void clear();

    /// All blocks, and those of them that hold bytes of the log.
    size_t blocks() const { return blocks_.size(); }
    size_t usedBlocks() const { return (end_ - base_ + BlockBytes - 1) / BlockBytes; }

private:
    size_t room() const { return blocks_.size() * BlockBytes - (end_ - base_); }
    bool grow(size_t maxBlocks);

    BlockPool& pool_;
    std::vector<uint8_t*> blocks_;
    uint32_t base_ = 0; ///< number of the first block's first byte
    uint32_t end_ = 0;  ///< number of the next byte
};

} // namespace srsproxy::rtmp
