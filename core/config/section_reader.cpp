#include "core/config/section_reader.h"

#include <algorithm>

#include "core/base/abi.h"
#include "core/config/cidr.h"
#include "core/config/listen_address.h"

namespace srsproxy {

namespace {

class TextsSink final : public IStrSink {
public:
    void accept(Str text) noexcept override { values.emplace_back(view(text)); }
    std::vector<std::string> values;
};

} // namespace

SectionReader SectionReader::child(std::string_view key) const {
    return SectionReader(*section_.section(str(key)));
}

void SectionReader::count(std::string_view key, uint32_t& value, uint32_t min, uint32_t max) const {
    int64_t number = value;
    section_.integer(str(key), min, max, &number);
    value = static_cast<uint32_t>(number);
}

void SectionReader::duration(std::string_view key, Milliseconds& value, Milliseconds min,
                             Milliseconds max) const {
    int64_t ms = value.count();
    section_.duration(str(key), min.count(), max.count(), &ms);
    value = Milliseconds(ms);
}

void SectionReader::size(std::string_view key, uint64_t& value, uint64_t min, uint64_t max) const {
    section_.size(str(key), min, max, &value);
}

void SectionReader::text(std::string_view key, std::string& value) const {
    TextSink sink;
    section_.text(str(key), str(value), &sink);
    value = sink.text();
}

void SectionReader::choice(std::string_view key, std::string& value,
                           std::initializer_list<std::string_view> choices) const {
    std::string chosen = value;
    text(key, chosen);
    if (chosen == value || std::find(choices.begin(), choices.end(), chosen) != choices.end()) {
        value = chosen;
        return;
    }
    std::string message = '"' + printable(chosen) + "\" will not do; wanted one of ";
    for (const std::string_view& each : choices) {
        message += (&each == choices.begin() ? "" : ", ") + std::string(each);
    }
    reject(key, message);
}

void SectionReader::texts(std::string_view key, std::vector<std::string>& values) const {
    std::vector<Str> fallback;
    for (const std::string& value : values) {
        fallback.push_back(str(value));
    }
    TextsSink sink;
    section_.texts(str(key), fallback.data(), fallback.size(), &sink);
    values = std::move(sink.values);
}

void SectionReader::listen(std::string_view key, std::vector<std::string>& values) const {
    texts(key, values);
    for (const std::string& value : values) {
        const auto address = parseListenAddress(value);
        if (!address) {
            reject(key, address.error().message);
        }
    }
}

void SectionReader::networks(std::string_view key, std::vector<std::string>& values) const {
    texts(key, values);
    for (const std::string& value : values) {
        const auto network = Cidr::parse(value);
        if (!network) {
            reject(key, network.error().message);
        }
    }
}

void SectionReader::reject(std::string_view key, const std::string& message) const {
    section_.reject(str(key), str(message));
}

} // namespace srsproxy
