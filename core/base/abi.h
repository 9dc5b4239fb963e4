#pragma once

/// Between the ABI's views and the standard library's, on the proxy's side of the line.

#include <string>
#include <string_view>

#include "srsproxy/abi/types.h"

namespace srsproxy {

/// A null view, or one whose size no text of ours can have, becomes an empty text.
inline std::string_view view(Str text) {
    constexpr uint64_t MaxTextBytes = 1u << 30;
    if (text.data == nullptr || text.size > MaxTextBytes) {
        return {};
    }
    return {text.data, static_cast<size_t>(text.size)};
}

inline Str str(std::string_view text) {
    return Str{text.data(), static_cast<uint64_t>(text.size())};
}

/// Joins what a callee reports.
class ErrorText final : public IErrorSink {
public:
    void error(Str message) noexcept override {
        if (!text_.empty()) {
            text_ += "; ";
        }
        text_ += view(message);
    }
    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }

private:
    std::string text_;
};

/// Collects one text, or the last of several.
class TextSink final : public IStrSink {
public:
    void accept(Str text) noexcept override { text_ = view(text); }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

} // namespace srsproxy
