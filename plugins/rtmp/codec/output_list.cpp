#include "plugins/rtmp/codec/output_list.h"

#include <algorithm>
#include <cstring>

namespace srsproxy::rtmp {

uint8_t* OutputList::own(size_t count) {
    if (blocks_.empty() || blocks_.back().capacity - used_ < count) {
        const size_t capacity = std::max(BlockBytes, count);
        blocks_.push_back({std::make_unique_for_overwrite<uint8_t[]>(capacity), capacity});
        used_ = 0;
    }
    uint8_t* bytes = blocks_.back().bytes.get() + used_;
    used_ += count;
    borrow({bytes, count});
    return bytes;
}

void OutputList::copy(std::span<const uint8_t> bytes) {
    if (!bytes.empty()) {
        std::memcpy(own(bytes.size()), bytes.data(), bytes.size());
    }
}

void OutputList::copyFrom(size_t offset, std::vector<uint8_t>& out) const {
    if (offset >= size_) {
        return;
    }
    out.reserve(out.size() + size_ - offset);
    for (const iovec& piece : pieces_) {
        if (offset >= piece.iov_len) {
            offset -= piece.iov_len;
            continue;
        }
        const auto* bytes = static_cast<const uint8_t*>(piece.iov_base);
        out.insert(out.end(), bytes + offset, bytes + piece.iov_len);
        offset = 0;
    }
}

void OutputList::clear() {
    pieces_.clear();
    if (blocks_.size() > 1 || (!blocks_.empty() && blocks_[0].capacity > BlockBytes)) {
        blocks_.clear();
    }
    used_ = 0;
    size_ = 0;
}

} // namespace srsproxy::rtmp
