#include "core/config/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/config/problem.h"

namespace srsproxy {

namespace {

constexpr std::array<uint8_t, 12> MappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr uint32_t MappedBits = 96;

} // namespace

bool Cidr::parseAddress(std::string_view text, Address& address) {
    const std::string copy(text);
    if (text.find('\0') != std::string_view::npos) {
        return false;
    }
    address = Address{};
    if (inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) {
        address.v4 = true;
        return true;
    }
    return inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1;
}

Result<Cidr> Cidr::parse(std::string_view text) {
    const Error error{'"' + printable(text) +
                      "\" is no network; wanted such as 10.0.0.0/8, 192.168.1.7 or fd00::/8"};
    const size_t slash = text.find('/');
    Cidr cidr;
    if (!parseAddress(text.substr(0, slash), cidr.network_)) {
        return error;
    }
    const uint32_t allBits = cidr.network_.v4 ? 32 : 128;
    cidr.bits_ = allBits;
    if (slash != std::string_view::npos) {
        const std::string_view bits = text.substr(slash + 1);
        const char* end = bits.data() + bits.size();
        const auto [stop, code] = std::from_chars(bits.data(), end, cidr.bits_);
        if (code != std::errc() || stop != end || cidr.bits_ > allBits) {
            return error;
        }
    }
    std::array<uint8_t, 16>& bytes = cidr.network_.bytes;
    if (!cidr.network_.v4 && cidr.bits_ >= MappedBits &&
        std::equal(MappedPrefix.begin(), MappedPrefix.end(), bytes.begin())) {
        std::copy(bytes.begin() + 12, bytes.end(), bytes.begin());
        cidr.network_.v4 = true;
        cidr.bits_ -= MappedBits;
    }
    return cidr;
}

bool Cidr::matches(const Address& address) const {
    if (address.v4 != network_.v4) {
        return false;
    }
    const size_t whole = bits_ / 8;
    const uint32_t rest = bits_ % 8;
    const auto mask = static_cast<uint8_t>(0xFF00u >> rest);
    return std::memcmp(address.bytes.data(), network_.bytes.data(), whole) == 0 &&
           (rest == 0 || ((address.bytes[whole] ^ network_.bytes[whole]) & mask) == 0);
}

bool Cidr::contains(std::string_view address) const {
    const auto exact = parse(address.substr(0, address.find('%')));
    return exact && address.find('/') == std::string_view::npos && matches(exact->network_);
}

bool Cidr::contains(const Cidr& other) const {
    return other.bits_ >= bits_ && matches(other.network_);
}

Result<CidrList> CidrList::parse(const std::vector<std::string>& texts) {
    CidrList list;
    for (const std::string& text : texts) {
        auto network = Cidr::parse(text);
        if (!network) {
            return network.error();
        }
        list.networks_.push_back(*network);
    }
    return list;
}

bool CidrList::contains(std::string_view address) const {
    return std::any_of(networks_.begin(), networks_.end(),
                       [address](const Cidr& network) { return network.contains(address); });
}

bool CidrList::contains(const CidrList& other) const {
    return std::all_of(other.networks_.begin(), other.networks_.end(), [this](const Cidr& theirs) {
        return std::any_of(networks_.begin(), networks_.end(),
                           [&theirs](const Cidr& ours) { return ours.contains(theirs); });
    });
}

CidrList loopbackNetworks() {
    return CidrList::parse({"127.0.0.0/8", "::1"}).value();
}

} // namespace srsproxy
