#pragma once

/// What an RTMP peer says it can do beyond RTMP 1.0 (Enhanced RTMP): read from a client's connect
/// and from a server's `_result`, intersected over several servers, and written again.
///
/// Values and pure functions; any thread. Nothing is kept but codes and numbers, all bounded.
/// Source: Enhanced RTMP v2, "Enhancing NetConnection connect Command". The specification says
/// "an Object as one of the parameters" and means the `_result`: some servers use the first one
/// (properties), some the second (info), so both are read and both are written.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "plugins/rtmp/codec/amf0.h"

namespace srsproxy::rtmp {

/// A codec's four-character code, or the wildcard `*`.
class FourCc {
public:
    /// nullopt for anything but four printable ASCII characters or `*`.
    static std::optional<FourCc> parse(std::string_view text);
    static constexpr FourCc any() { return FourCc({'*'}); }

    bool isAny() const { return *this == any(); }
    std::string_view text() const { return {text_.data(), isAny() ? 1U : text_.size()}; }
    auto operator<=>(const FourCc&) const = default;

private:
    explicit constexpr FourCc(std::array<char, 4> text) : text_(text) {}
    std::array<char, 4> text_;
};

/// Flags of codecs, where the wildcard's count for every codec.
class FourCcMap {
public:
    /// What is beyond is left out; the specification knows 12 codes.
    static constexpr size_t MaxCodes = 64;
    struct Entry {
        FourCc code;
        uint32_t flags;
        bool operator==(const Entry&) const = default;
    };

    /// Adds to the code's flags; with the wildcard, to those of all codes. Flags of 0 say nothing.
    void add(FourCc code, uint32_t flags);
    /// Flags of a code, whether it is named here or not.
    uint32_t flags(FourCc code) const;
    bool empty() const { return entries_.empty(); }
    /// The codes that are named, in order; none has the flags 0.
    std::span<const Entry> entries() const { return entries_; }
    bool operator==(const FourCcMap&) const = default;

private:
    std::vector<Entry> entries_;
};

/// The codes that either names, each with the flags that both give it.
FourCcMap intersect(const FourCcMap& a, const FourCcMap& b);

/// Bits of capsEx.
namespace CapsEx {
inline constexpr uint32_t Reconnect = 1;
inline constexpr uint32_t Multitrack = 2;
inline constexpr uint32_t ModEx = 4;
inline constexpr uint32_t TimestampNanoOffset = 8;
/// Others are dropped: one that nobody knows yet may speak of the hop, which is not relayed.
inline constexpr uint32_t Known = Reconnect | Multitrack | ModEx | TimestampNanoOffset;
} // namespace CapsEx

struct Capabilities {
    FourCcMap fourCcs; ///< fourCcList; the flag of each is 1
    FourCcMap video;   ///< videoFourCcInfoMap
    FourCcMap audio;   ///< audioFourCcInfoMap
    uint32_t capsEx = 0;
    uint32_t videoFunction = 0; ///< older than Enhanced RTMP, which adds bits to it

    /// Nothing of Enhanced RTMP: videoFunction alone does not count.
    bool empty() const { return fourCcs.empty() && video.empty() && audio.empty() && capsEx == 0; }
    bool operator==(const Capabilities&) const = default;
};

/// Of a connect's command object. What is missing or malformed counts as not said.
Capabilities parseCapabilities(std::span<const uint8_t> object);
/// Of a connect's `_result`: a field in `properties` goes before one in `info`.
Capabilities parseCapabilities(std::span<const uint8_t> properties, std::span<const uint8_t> info);

/// Whether a client with this command object speaks Enhanced RTMP, and so looks for an offer.
bool wantsEnhanced(std::span<const uint8_t> connectObject);

/// What both can do.
Capabilities intersect(const Capabilities& a, const Capabilities& b);

/// Appends as fields of an object that is open. Says nothing of what is empty or 0.
void appendCapabilities(Amf0Writer& writer, const Capabilities& capabilities);

/// The client's connect object, asking for everything: each field as sent, but for those of
/// Enhanced RTMP, which name all codecs and flags. So a server that answers only what it was
/// asked for tells all it can do, whoever the client is.
std::vector<uint8_t> askForEverything(std::span<const uint8_t> connectObject);

} // namespace srsproxy::rtmp
