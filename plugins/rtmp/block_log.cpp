#include "plugins/rtmp/block_log.h"

#include <algorithm>
#include <cstring>

namespace srsproxy::rtmp {

BlockLog::~BlockLog() {
    clear();
}

bool BlockLog::grow(size_t maxBlocks) {
    uint8_t* block = blocks_.size() < maxBlocks ? pool_.take() : nullptr;
    if (block != nullptr) {
        blocks_.push_back(block);
    }
    return block != nullptr;
}

std::span<const iovec> BlockLog::space(size_t maxBlocks) {
    auto& pieces = pool_.pieces();
    size_t count = 0;
    uint32_t offset = end_ - base_;
    while (count < pieces.size() && (offset / BlockBytes < blocks_.size() || grow(maxBlocks))) {
        const uint32_t used = offset % BlockBytes;
        pieces[count++] = {blocks_[offset / BlockBytes] + used, BlockBytes - used};
        offset += BlockBytes - used;
    }
    return std::span(pieces).first(count);
}

std::optional<uint32_t> BlockLog::append(std::span<const uint8_t> bytes, size_t maxBlocks) {
    while (room() < bytes.size()) {
        if (!grow(maxBlocks)) {
            return std::nullopt;
        }
    }
    const uint32_t at = end_;
    while (!bytes.empty()) {
        const uint32_t used = (end_ - base_) % BlockBytes;
        const size_t count = std::min<size_t>(bytes.size(), BlockBytes - used);
        std::memcpy(blocks_[(end_ - base_) / BlockBytes] + used, bytes.data(), count);
        end_ += static_cast<uint32_t>(count);
        bytes = bytes.subspan(count);
    }
    return at;
}

std::span<const uint8_t> BlockLog::piece(uint32_t at, uint32_t size) const {
    const uint32_t offset = at - base_;
    const uint32_t used = offset % BlockBytes;
    return {blocks_[offset / BlockBytes] + used, std::min(size, BlockBytes - used)};
}

void BlockLog::trim(uint32_t start) {
    while (blocks_.size() > usedBlocks()) {
        pool_.give(blocks_.back());
        blocks_.pop_back();
    }
    const size_t old = (start - base_) / BlockBytes;
    if (old != 0) {
        std::for_each_n(blocks_.begin(), old, [this](uint8_t* block) { pool_.give(block); });
        blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(old));
        base_ += static_cast<uint32_t>(old * BlockBytes);
    }
}

void BlockLog::clear() {
    for (uint8_t* block : blocks_) {
        pool_.give(block);
    }
    blocks_ = {};
    base_ = 0;
    end_ = 0;
}

} // namespace srsproxy::rtmp
