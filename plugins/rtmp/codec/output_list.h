// What is to be sent to one hop in this wake-up: a list of pieces, most of them runs of the loop's
// input buffer, some of them small bytes of our own (rewritten headers, injected messages).
//
// Owned by an event loop, used by one session at a time, cleared for the next. Pieces stay valid
// until clear() or until the input buffer is filled again: what the socket does not take must be
// saved with copyFrom() before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <sys/uio.h>
#include <vector>

namespace srsproxy::rtmp {

class OutputList {
public:
    // Appends borrowed bytes; a run that continues the previous piece only makes it longer.
    void borrow(std::span<const uint8_t> bytes) {
        if (bytes.empty()) {
            return;
        }
        size_ += bytes.size();
        if (!pieces_.empty()) {
            iovec& last = pieces_.back();
            if (static_cast<uint8_t*>(last.iov_base) + last.iov_len == bytes.data()) {
                last.iov_len += bytes.size();
                return;
            }
        }
        // An iovec has no const form; nothing writes through it.
        pieces_.push_back({const_cast<uint8_t*>(bytes.data()), bytes.size()});
    }

    // Appends `count` bytes of our own and returns where to write them. Never moves.
    uint8_t* own(size_t count);

    // Appends a copy.
    void copy(std::span<const uint8_t> bytes);

    // For writev/sendmsg; mind IOV_MAX (1024).
    std::span<const iovec> pieces() const { return pieces_; }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    // Copies all bytes from `offset` (what the socket took) on to the end of `out`.
    void copyFrom(size_t offset, std::vector<uint8_t>& out) const;

    // Keeps one block of memory for the next use.
    void clear();

private:
    static constexpr size_t BlockBytes = 4096;
    struct Block {
        std::unique_ptr<uint8_t[]> bytes;
        size_t capacity;
    };

    std::vector<iovec> pieces_;
    std::vector<Block> blocks_;
    size_t used_ = 0; // of the last block
    size_t size_ = 0;
};

} // namespace srsproxy::rtmp
