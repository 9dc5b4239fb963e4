#include "plugins/rtmp/block_pool.h"

#include <sys/mman.h>

#include <algorithm>

namespace srsproxy::rtmp {

bool BlockBudget::take() {
    if (bytes_.fetch_add(BlockBytes, std::memory_order_relaxed) + BlockBytes <= maxBytes_) {
        return true;
    }
    give();
    return false;
}

void BlockBudget::give() {
    bytes_.fetch_sub(BlockBytes, std::memory_order_relaxed);
}

BlockPool::BlockPool(BlockBudget& budget, size_t keepBlocks)
    : budget_(budget), keepBlocks_(keepBlocks) {}

BlockPool::~BlockPool() {
    for (uint8_t* block : free_) {
        release(block);
    }
}

uint8_t* BlockPool::take() {
    if (!free_.empty()) {
        uint8_t* block = free_.back();
        free_.pop_back();
        ++taken_;
        return block;
    }
    if (!budget_.take()) {
        return nullptr;
    }
    void* memory =
        mmap(nullptr, BlockBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        budget_.give();
        return nullptr;
    }
    ++taken_;
    return static_cast<uint8_t*>(memory);
}

void BlockPool::give(uint8_t* block) {
    --taken_;
    if (free_.size() < std::max(keepBlocks_, taken_)) {
        free_.push_back(block);
    } else {
        release(block);
    }
    if (free_.size() > std::max(keepBlocks_, taken_)) {
        release(free_.back());
        free_.pop_back();
    }
}

void BlockPool::release(uint8_t* block) {
    munmap(block, BlockBytes);
    budget_.give();
}

} // namespace srsproxy::rtmp
