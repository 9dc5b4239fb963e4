#pragma once

/// A text that does not change, in one pointer: for what is kept once for each session or stream,
/// where the 32 bytes of a std::string are dear. Owns its bytes.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace srsproxy {

class CompactText {
public:
    CompactText() = default;
    /// Requires: less than 4 GiB.
    explicit CompactText(std::string_view text) {
        if (!text.empty()) {
            const auto size = static_cast<uint32_t>(text.size());
            bytes_.reset(new char[sizeof size + size]);
            std::memcpy(bytes_.get(), &size, sizeof size);
            std::memcpy(bytes_.get() + sizeof size, text.data(), size);
        }
    }

    std::string_view view() const {
        if (bytes_ == nullptr) {
            return {};
        }
        uint32_t size = 0;
        std::memcpy(&size, bytes_.get(), sizeof size);
        return {bytes_.get() + sizeof size, size};
    }
    bool empty() const { return bytes_ == nullptr; }

private:
    std::unique_ptr<char[]> bytes_; ///< the size, then the text; null: empty
};

/// Orders by the text, also against a std::string_view.
struct CompactTextLess {
    using is_transparent = void;
    bool operator()(const CompactText& a, const CompactText& b) const {
        return a.view() < b.view();
    }
    bool operator()(const CompactText& a, std::string_view b) const { return a.view() < b; }
    bool operator()(std::string_view a, const CompactText& b) const { return a < b.view(); }
};

} // namespace srsproxy
