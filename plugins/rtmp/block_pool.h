#pragma once

/// Memory for what streams keep to replay: blocks of 64 KiB, from a budget that all event loops
/// share. A pool belongs to one loop and is used on its thread; the budget belongs to the plugin
/// and may be asked from any.
///
/// Blocks come straight from the kernel, so that what a busy evening needed goes back when it is
/// over, and a block that nobody ever wrote to costs nothing. As many as are in use are kept for
/// the next takers: every key frame gives back what the next one needs, and a fresh page costs a
/// fault and its zeros.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sys/uio.h>
#include <vector>

namespace srsproxy::rtmp {

inline constexpr uint32_t BlockBytes = 64 * 1024;

/// The process's limit. [any]
class BlockBudget {
public:
    explicit BlockBudget(size_t maxBytes) : maxBytes_(maxBytes) {}

    /// Address space that the pools have now, the blocks they keep for the next taker included.
    size_t bytesInUse() const { return bytes_.load(std::memory_order_relaxed); }

private:
    friend class BlockPool;
    bool take();
    void give();

    const size_t maxBytes_;
    std::atomic<size_t> bytes_{0};
};

class BlockPool {
public:
    /// What one receive is offered at most.
    static constexpr size_t MaxPieces = 4;

    /// `keepBlocks`: how many unused ones it keeps at least.
    explicit BlockPool(BlockBudget& budget, size_t keepBlocks = 64);
    ~BlockPool();
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    /// A block with anything in it, or null: the budget is used up, or the kernel has no memory.
    uint8_t* take();
    /// Requires: `block` came from take() and nothing points into it any more.
    void give(uint8_t* block);

    /// Room for a list of pieces, so that the streams of a loop need none of their own. Whoever
    /// asks overwrites the list of whoever asked before.
    std::array<iovec, MaxPieces>& pieces() { return pieces_; }

private:
    void release(uint8_t* block);

    BlockBudget& budget_;
    const size_t keepBlocks_;
    size_t taken_ = 0;
    std::vector<uint8_t*> free_; ///< last given, first taken: it may still be in the cache
    std::array<iovec, MaxPieces> pieces_{};
};

} // namespace srsproxy::rtmp
