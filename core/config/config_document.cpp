#include "core/config/config_document.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace srsproxy {

namespace {

constexpr size_t MaxSoftProblems = 100;

/// Ends a parse early: thrown by TreeBuilder through yaml-cpp, caught in parse().
struct Refusal {
    Problem problem;
};

struct Weight {
    size_t nodes = 1;
    size_t bytes = 0;
};

Weight weigh(const ConfigNode& node) {
    Weight total{1, node.text.size()};
    auto add = [&total](const ConfigNode& child) {
        const Weight weight = weigh(child);
        total.nodes += weight.nodes;
        total.bytes += weight.bytes;
    };
    for (const ConfigNode& item : node.items) {
        add(item);
    }
    for (const ConfigNode::Entry& entry : node.entries) {
        total.bytes += entry.key.size();
        add(entry.value);
    }
    return total;
}

/// Turns yaml-cpp's events into our tree and holds it to the limits.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(Location start, const ConfigLimits& limits, std::vector<Problem>& problems)
        : start_(std::move(start)), limits_(limits), problems_(problems) {}

    ConfigNode take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            refuse(at(mark), "a second YAML document begins; wanted one only: remove the `---`");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(ConfigNode{ConfigNode::Kind::Null, at(mark), {}, {}, {}}, anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            refuse(at(mark), "an alias stands inside of what it names");
        }
        ConfigNode copy = found->second;
        copy.location = at(mark);
        add(std::move(copy), 0);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        checkTag(mark, tag);
        add(ConfigNode::scalar(value, at(mark)), anchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(ConfigNode::Kind::Sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(ConfigNode::Kind::Mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct Key {
        std::string text;
        Location location;
    };
    struct Frame {
        ConfigNode node;
        YAML::anchor_t anchor;
        std::optional<Key> key; ///< of a mapping, while its value is awaited
    };

    Location at(const YAML::Mark& mark) const {
        return Location{start_.source, static_cast<uint32_t>(mark.line + 1),
                        static_cast<uint32_t>(mark.column + 1)};
    }
    [[noreturn]] static void refuse(const Location& where, std::string message) {
        throw Refusal{Problem{where, std::move(message)}};
    }
    void note(const Location& where, std::string message) {
        if (problems_.size() < MaxSoftProblems) {
            problems_.push_back(Problem{where, std::move(message)});
        }
    }
    void checkTag(const YAML::Mark& mark, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!") {
            note(at(mark), "a YAML tag (" + printable(tag) + ") is not used here: remove it");
        }
    }
    void spend(const ConfigNode& node) {
        const Weight weight = weigh(node);
        nodes_ += weight.nodes;
        bytes_ += weight.bytes;
        if (nodes_ > limits_.nodes || bytes_ > limits_.valueBytes) {
            refuse(node.location, "the configuration is too large: more than " +
                                      std::to_string(limits_.nodes) + " values or " +
                                      std::to_string(limits_.valueBytes) +
                                      " bytes, aliases counted with what they stand for");
        }
    }

    void open(ConfigNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        checkTag(mark, tag);
        if (stack_.size() >= limits_.depth) {
            refuse(at(mark), "nested deeper than " + std::to_string(limits_.depth) + " levels");
        }
        if (awaitsKey()) {
            refuse(at(mark), "a list or mapping stands where a key is wanted");
        }
        Frame frame{ConfigNode{kind, at(mark), {}, {}, {}}, anchor, std::nullopt};
        spend(frame.node);
        stack_.push_back(std::move(frame));
    }
    void close() {
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        if (frame.anchor != 0) {
            spend(frame.node);
            anchors_[frame.anchor] = frame.node;
        }
        attach(std::move(frame.node));
    }
    void add(ConfigNode node, YAML::anchor_t anchor) {
        spend(node);
        if (anchor != 0) {
            spend(node);
            anchors_[anchor] = node;
        }
        attach(std::move(node));
    }
    bool awaitsKey() const {
        return !stack_.empty() && stack_.back().node.kind == ConfigNode::Kind::Mapping &&
               !stack_.back().key;
    }
    void attach(ConfigNode node) {
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& parent = stack_.back();
        if (parent.node.kind == ConfigNode::Kind::Sequence) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.key) {
            if (node.kind != ConfigNode::Kind::Scalar) {
                refuse(node.location, "a key is missing before the `:`");
            }
            parent.key = Key{std::move(node.text), std::move(node.location)};
        } else {
            insert(parent, std::move(node));
        }
    }
    void insert(Frame& parent, ConfigNode value) {
        Key key = std::move(*parent.key);
        parent.key.reset();
        if (const ConfigNode* first = parent.node.find(key.text)) {
            note(key.location, "the key " + printable(key.text) +
                                   " is there twice, first at line " +
                                   std::to_string(first->location.line) + ": remove one");
            return;
        }
        if (parent.node.entries.size() >= limits_.keysPerMapping) {
            refuse(key.location,
                   "more than " + std::to_string(limits_.keysPerMapping) + " keys in one mapping");
        }
        value.location = std::move(key.location);
        parent.node.entries.push_back({std::move(key.text), std::move(value)});
    }

    Location start_;
    const ConfigLimits& limits_;
    std::vector<Problem>& problems_;
    ConfigNode root_;
    std::vector<Frame> stack_;
    std::map<YAML::anchor_t, ConfigNode> anchors_;
    size_t nodes_ = 0;
    size_t bytes_ = 0;
    size_t documents_ = 0;
};

/// Takes the first key off a dotted path.
std::string_view takeKey(std::string_view& path) {
    const size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
    return key;
}

} // namespace

ConfigNode ConfigNode::scalar(std::string value, Location location) {
    return ConfigNode{Kind::Scalar, std::move(location), std::move(value), {}, {}};
}

ConfigNode ConfigNode::sequence(const std::vector<std::string>& values, const Location& location) {
    ConfigNode node{Kind::Sequence, location, {}, {}, {}};
    for (const std::string& value : values) {
        node.items.push_back(scalar(value, location));
    }
    return node;
}

ConfigNode ConfigNode::mapping(Location location) {
    return ConfigNode{Kind::Mapping, std::move(location), {}, {}, {}};
}

const ConfigNode* ConfigNode::find(std::string_view key) const {
    for (const Entry& entry : entries) {
        if (entry.key == key) {
            return &entry.value;
        }
    }
    return nullptr;
}

ConfigDocument::ConfigDocument(const std::string& name)
    : root_(ConfigNode::mapping(locationOf(name))) {}

ConfigDocument ConfigDocument::parse(std::string_view text, const std::string& name,
                                     std::vector<Problem>& problems, const ConfigLimits& limits) {
    ConfigDocument document(name);
    const Location start = document.root_.location;
    auto at = [&start](const YAML::Mark& mark) {
        Location where = start;
        if (!mark.is_null()) {
            where.line = static_cast<uint32_t>(mark.line + 1);
            where.column = static_cast<uint32_t>(mark.column + 1);
        }
        return where;
    };
    if (text.size() > limits.textBytes) {
        problems.push_back({start, "is larger than " + std::to_string(limits.textBytes) +
                                       " bytes, the most that is read"});
        return document;
    }
    // yaml-cpp takes a quote that is never closed for closed when the text ends in a line break:
    // all lines below it would vanish into one value.
    text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        TreeBuilder builder(start, limits, problems);
        while (parser.HandleNextDocument(builder)) {
        }
        ConfigNode root = builder.take();
        if (root.kind == ConfigNode::Kind::Mapping) {
            document.root_ = std::move(root);
        } else if (root.kind != ConfigNode::Kind::Null) {
            problems.push_back({root.location, "the file holds no `key: value` lines"});
        }
    } catch (const Refusal& refusal) {
        problems.push_back(refusal.problem);
    } catch (const YAML::Exception& error) {
        problems.push_back({at(error.mark), "this is not YAML: " + printable(error.msg, 200)});
    } catch (const std::exception& error) {
        problems.push_back({start, "this is not YAML: " + printable(error.what(), 200)});
    }
    return document;
}

const ConfigNode* ConfigDocument::find(std::string_view path) const {
    const ConfigNode* node = &root_;
    while (node != nullptr && !path.empty()) {
        node = node->find(takeKey(path));
    }
    return node;
}

bool ConfigDocument::override(std::string_view path, ConfigNode value) {
    ConfigNode* node = &root_;
    while (!path.empty()) {
        const std::string_view key = takeKey(path);
        if (node->kind == ConfigNode::Kind::Null) {
            node->kind = ConfigNode::Kind::Mapping;
        }
        if (node->kind != ConfigNode::Kind::Mapping) {
            return false;
        }
        auto entry = std::find_if(node->entries.begin(), node->entries.end(),
                                  [key](const ConfigNode::Entry& each) { return each.key == key; });
        if (entry == node->entries.end()) {
            entry = node->entries.insert(entry,
                                         {std::string(key), ConfigNode::mapping(value.location)});
        }
        node = &entry->value;
    }
    *node = std::move(value);
    return true;
}

} // namespace srsproxy
