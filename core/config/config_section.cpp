#include "core/config/config_section.h"

#include <cmath>
#include <limits>

#include "core/base/abi.h"
#include "core/config/nearest_name.h"
#include "core/config/value_text.h"
#include "core/config/wording.h"

namespace srsproxy {

namespace {

constexpr size_t MaxKeyBytes = 128;
constexpr size_t MaxAskedKeys = 1'000;
constexpr uint64_t MaxFallbackTexts = 4'096;
constexpr size_t MaxMessageBytes = 500;

template <typename T, typename Format> std::string rangeText(T min, T max, Format format) {
    const bool openBelow = min <= std::numeric_limits<T>::lowest();
    const bool openAbove = max >= std::numeric_limits<T>::max();
    if (openBelow && openAbove) {
        return {};
    }
    if (openAbove) {
        return " of at least " + format(min);
    }
    if (openBelow) {
        return " of at most " + format(max);
    }
    return " from " + format(min) + " to " + format(max);
}

template <typename T> auto within(T min, T max) {
    return [min, max](std::optional<T> value) {
        return value && *value >= min && *value <= max ? value : std::nullopt;
    };
}

std::string formatInteger(int64_t value) {
    return std::to_string(value);
}

} // namespace

ConfigSection::ConfigSection(const ConfigNode& root, ConfigReport& report)
    : ConfigSection(&root, root.location, {}, report) {}

ConfigSection::ConfigSection(const ConfigNode* node, Location location, std::string path,
                             ConfigReport& report)
    : node_(node), location_(std::move(location)), path_(std::move(path)), report_(report),
      known_(node == nullptr ? 0 : node->entries.size(), false) {}

int32_t ConfigSection::flag(Str key, int32_t* value) noexcept {
    const auto question = ask(key, value != nullptr);
    if (!question) {
        return StatusBadArgument;
    }
    bool flag = *value != 0;
    const int32_t status =
        readScalar(*question, ReadKind::Flag, &flag, "on or off", parseFlag, formatFlag);
    *value = flag ? 1 : 0;
    return status;
}

int32_t ConfigSection::integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept {
    const auto question = ask(key, value != nullptr && min <= max);
    if (!question) {
        return StatusBadArgument;
    }
    return readScalar(
        *question, ReadKind::Integer, value, "a whole number" + rangeText(min, max, formatInteger),
        [&](std::string_view text) { return within(min, max)(parseInteger(text)); }, formatInteger);
}

int32_t ConfigSection::real(Str key, double min, double max, double* value) noexcept {
    // A comparison with NaN is false, so a range of NaNs is refused as well.
    const auto question = ask(key, value != nullptr && min <= max);
    if (!question) {
        return StatusBadArgument;
    }
    return readScalar(
        *question, ReadKind::Real, value, "a number" + rangeText(min, max, formatReal),
        [&](std::string_view text) { return within(min, max)(parseReal(text)); }, formatReal);
}

int32_t ConfigSection::duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept {
    const auto question = ask(key, ms != nullptr && minMs <= maxMs);
    if (!question) {
        return StatusBadArgument;
    }
    return readScalar(
        *question, ReadKind::Duration, ms,
        "a time" + rangeText(minMs, maxMs, formatDuration) + ", such as 500ms, 10s, 5m or 1h",
        [&](std::string_view text) { return within(minMs, maxMs)(parseDuration(text)); },
        formatDuration);
}

int32_t ConfigSection::size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept {
    const auto question = ask(key, bytes != nullptr && min <= max);
    if (!question) {
        return StatusBadArgument;
    }
    return readScalar(
        *question, ReadKind::Size, bytes,
        "a size" + rangeText(min, max, formatSize) + ", such as 512, 64KiB, 4MiB or 1GiB",
        [&](std::string_view text) { return within(min, max)(parseSize(text)); }, formatSize);
}

int32_t ConfigSection::text(Str key, Str fallback, IStrSink* out) noexcept {
    const auto question = ask(key, out != nullptr);
    if (!question) {
        if (out != nullptr) {
            out->accept(str(view(fallback)));
        }
        return StatusBadArgument;
    }
    std::string value(view(fallback));
    const int32_t status = readScalar(
        *question, ReadKind::Text, &value, "a text (\"\" for an empty one)",
        [](const std::string& text) { return std::optional<std::string>(text); },
        [&](const std::string& text) { return shown(text, question->secret); });
    out->accept(str(value));
    return status;
}

int32_t ConfigSection::texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept {
    const bool saneFallback = count <= MaxFallbackTexts && (count == 0 || fallback != nullptr);
    const auto question = ask(key, out != nullptr && saneFallback);
    std::vector<std::string> values;
    for (uint64_t i = 0; saneFallback && i < count; ++i) {
        values.emplace_back(view(fallback[i]));
    }
    int32_t status = question ? StatusNotFound : StatusBadArgument;
    if (question) {
        const std::string fallbackText = listText(values, question->secret);
        if (question->node != nullptr) {
            const ConfigNode& node = *question->node;
            const bool one = node.kind == ConfigNode::Kind::Scalar;
            status = one || node.kind == ConfigNode::Kind::Sequence ? StatusOk : StatusFailed;
            if (status == StatusFailed) {
                refuse(*question, node, "a text or a list of texts ([] for none)");
            }
            for (const ConfigNode& item : node.items) {
                if (item.kind != ConfigNode::Kind::Scalar) {
                    refuse(*question, item, "a list of texts only");
                    status = StatusFailed;
                }
            }
            if (status == StatusOk) {
                values.clear();
                if (one) {
                    values.push_back(node.text);
                }
                for (const ConfigNode& item : node.items) {
                    values.push_back(item.text);
                }
            }
        }
        record(*question, ReadKind::Texts, fallbackText, listText(values, question->secret));
    }
    for (size_t i = 0; out != nullptr && i < values.size(); ++i) {
        out->accept(str(values[i]));
    }
    return status;
}

ConfigSection* ConfigSection::section(Str key) noexcept {
    const auto question = isDeadEnd_ ? std::nullopt : ask(key);
    if (!question) {
        return &deadEnd();
    }
    const auto known = sections_.find(question->key);
    if (known != sections_.end()) {
        return known->second.get();
    }
    const ConfigNode* node = question->node;
    if (node != nullptr && node->kind != ConfigNode::Kind::Mapping) {
        if (node->kind != ConfigNode::Kind::Null) {
            refuse(*question, *node, "a mapping (indented `key: value` lines)");
        }
        node = nullptr;
    }
    if (!report_.addSection()) {
        return &deadEnd();
    }
    record(*question, ReadKind::Section, "{}", "{}");
    auto& child = sections_[question->key];
    child.reset(new ConfigSection(node, locationOf(*question), question->path, report_));
    return child.get();
}

ConfigSection* ConfigSection::item(Str key, uint64_t index) noexcept {
    const auto question = ask(key);
    if (!question) {
        return nullptr;
    }
    const ConfigNode* list = question->node;
    if (list != nullptr && list->kind != ConfigNode::Kind::Sequence) {
        refuse(*question, *list, "a list of mappings ([] for none)");
        list = nullptr;
    }
    const size_t count = list == nullptr ? 0 : list->items.size();
    if (index == 0) {
        record(*question, ReadKind::Items, "[]",
               count == 0 ? "[]" : '[' + std::to_string(count) + " items]");
    }
    if (index >= count) {
        return nullptr;
    }
    std::vector<std::unique_ptr<ConfigSection>>& children = items_[question->key];
    children.resize(count);
    std::unique_ptr<ConfigSection>& child = children[static_cast<size_t>(index)];
    if (child) {
        return child.get();
    }
    if (!report_.addSection()) {
        return &deadEnd();
    }
    const ConfigNode& node = list->items[static_cast<size_t>(index)];
    const std::string path = question->path + '[' + std::to_string(index) + ']';
    const bool mapping = node.kind == ConfigNode::Kind::Mapping;
    if (!mapping) {
        report_.addProblem(node.location, path + describe(node, question->secret) +
                                              "; wanted a mapping (`key: value` lines)");
    }
    child.reset(new ConfigSection(mapping ? &node : nullptr, node.location, path, report_));
    return child.get();
}

void ConfigSection::reject(Str key, Str message) noexcept {
    if (const auto question = ask(key)) {
        report_.addProblem(locationOf(*question),
                           question->path + ": " + printable(view(message), MaxMessageBytes));
    }
}

std::vector<std::string> ConfigSection::keys() const {
    std::vector<std::string> result;
    for (size_t i = 0; i < known_.size(); ++i) {
        result.push_back(node_->entries[i].key);
    }
    return result;
}

void ConfigSection::reportUnknown() {
    if (skipped_) {
        return;
    }
    const std::vector<std::string> names(asked_.begin(), asked_.end());
    for (size_t i = 0; i < known_.size(); ++i) {
        if (known_[i]) {
            continue;
        }
        const ConfigNode::Entry& entry = node_->entries[i];
        std::string message = pathOf(entry.key) + " is not a known key";
        const std::string nearest = nearestName(entry.key, names);
        if (!nearest.empty()) {
            message += "; did you mean " + nearest + "?";
        } else if (names.empty()) {
            message += "; none is known here: remove it";
        } else {
            message += "; known here:";
            for (size_t n = 0; n < names.size(); ++n) {
                message += (n == 0 ? " " : ", ") + names[n];
            }
        }
        report_.addProblem(entry.value.location, printable(message, MaxMessageBytes));
    }
    for (auto& [key, child] : sections_) {
        child->reportUnknown();
    }
    for (auto& [key, children] : items_) {
        const ConfigNode* list = node_ == nullptr ? nullptr : node_->find(key);
        for (size_t i = 0; i < children.size(); ++i) {
            if (children[i]) {
                children[i]->reportUnknown();
            } else if (list != nullptr) {
                report_.addProblem(list->items[i].location,
                                   pathOf(key) + '[' + std::to_string(i) +
                                       "] is one too many: it is never read");
            }
        }
    }
}

std::optional<ConfigSection::Question> ConfigSection::ask(Str key) {
    const std::string_view name = view(key);
    if (name.empty() || name.size() > MaxKeyBytes) {
        report_.addProblem(location_, pathOf(name) + ": asked for by a name that no key can have: "
                                                     "a fault of the plugin that reads this");
        return std::nullopt;
    }
    Question question{std::string(name), pathOf(name), nullptr, isSecret(name)};
    for (size_t i = 0; i < known_.size(); ++i) {
        if (node_->entries[i].key == name) {
            known_[i] = true;
            question.node = &node_->entries[i].value;
        }
    }
    if (asked_.size() < MaxAskedKeys) {
        asked_.insert(question.key);
    }
    return question;
}

std::optional<ConfigSection::Question> ConfigSection::ask(Str key, bool sane) {
    auto question = ask(key);
    if (question && !sane) {
        report_.addProblem(locationOf(*question),
                           question->path + ": asked for with a null pointer or an empty range: "
                                            "a fault of the plugin that reads this");
        return std::nullopt;
    }
    return question;
}

template <typename T, typename Parse, typename Format>
int32_t ConfigSection::readScalar(const Question& question, ReadKind kind, T* value,
                                  const std::string& wanted, Parse parse, Format format) {
    const std::string fallback = format(*value);
    int32_t status = StatusNotFound;
    if (const ConfigNode* node = question.node) {
        std::optional<T> parsed;
        if (node->kind == ConfigNode::Kind::Scalar) {
            parsed = parse(node->text);
        }
        if (parsed) {
            *value = std::move(*parsed);
            status = StatusOk;
        } else {
            refuse(question, *node, wanted);
            status = StatusFailed;
        }
    }
    record(question, kind, fallback, format(*value));
    return status;
}

void ConfigSection::refuse(const Question& question, const ConfigNode& node,
                           const std::string& wanted) {
    const bool inside = &node != question.node;
    report_.addProblem(node.location, (inside ? "an item of " : "") + question.path +
                                          describe(node, question.secret) + "; wanted " + wanted);
}

void ConfigSection::record(const Question& question, ReadKind kind, const std::string& fallback,
                           const std::string& value) {
    report_.addRecord(
        {question.path, kind, fallback, value, question.node != nullptr, locationOf(question)});
}

std::string ConfigSection::pathOf(std::string_view key) const {
    const std::string name = printable(key);
    return path_.empty() ? name : path_ + '.' + name;
}

Location ConfigSection::locationOf(const Question& question) const {
    return question.node != nullptr ? question.node->location : location_;
}

ConfigSection& ConfigSection::deadEnd() {
    if (isDeadEnd_) {
        return *this;
    }
    if (!deadEnd_) {
        deadEnd_.reset(new ConfigSection(nullptr, location_, path_, report_));
        deadEnd_->isDeadEnd_ = true;
    }
    return *deadEnd_;
}

} // namespace srsproxy
