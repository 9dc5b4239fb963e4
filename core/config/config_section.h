#pragma once

/// One mapping of the configuration, as its reader sees it: a plugin through IConfig, the core
/// through the same methods. Reading is the schema (srsproxy/abi/config.h): each key asked for
/// is recorded, each bad value becomes a problem with its place, and what nobody asked for is
/// reported as unknown in the end. Lives on the main thread; the section of the root owns all
/// the others. The document and the report must outlive it.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/config_document.h"
#include "core/config/config_report.h"
#include "srsproxy/abi/config.h"

namespace srsproxy {

class ConfigSection final : public IConfig {
public:
    /// The section of a document's root.
    ConfigSection(const ConfigNode& root, ConfigReport& report);

    int32_t flag(Str key, int32_t* value) noexcept override;
    int32_t integer(Str key, int64_t min, int64_t max, int64_t* value) noexcept override;
    int32_t real(Str key, double min, double max, double* value) noexcept override;
    int32_t duration(Str key, int64_t minMs, int64_t maxMs, int64_t* ms) noexcept override;
    int32_t size(Str key, uint64_t min, uint64_t max, uint64_t* bytes) noexcept override;
    int32_t text(Str key, Str fallback, IStrSink* out) noexcept override;
    int32_t texts(Str key, const Str* fallback, uint64_t count, IStrSink* out) noexcept override;
    ConfigSection* section(Str key) noexcept override;
    ConfigSection* item(Str key, uint64_t index) noexcept override;
    void reject(Str key, Str message) noexcept override;

    /// The names of all keys, in the file's order. Asks for none of them.
    std::vector<std::string> keys() const;

    /// Whoever should have read this section cannot (a plugin that does not load): nothing in it
    /// is reported as unknown.
    void skip() { skipped_ = true; }

    /// Reports every key, here and in all sections handed out, that was never asked for.
    void reportUnknown();

private:
    /// One question: what was asked for, and what stands there.
    struct Question {
        std::string key;
        std::string path;
        const ConfigNode* node; ///< null: absent
        bool secret;
    };

    ConfigSection(const ConfigNode* node, Location location, std::string path,
                  ConfigReport& report);

    /// Marks the key as known. Nothing when the key is none; that is a problem then.
    std::optional<Question> ask(Str key);
    /// As ask, and refuses what no reader could answer: `sane` is false when the asker gave a
    /// null pointer or an empty range.
    std::optional<Question> ask(Str key, bool sane);
    template <typename T, typename Parse, typename Format>
    int32_t readScalar(const Question& question, ReadKind kind, T* value, const std::string& wanted,
                       Parse parse, Format format);
    void refuse(const Question& question, const ConfigNode& node, const std::string& wanted);
    void record(const Question& question, ReadKind kind, const std::string& fallback,
                const std::string& value);
    std::string pathOf(std::string_view key) const;
    Location locationOf(const Question& question) const;
    /// An empty section for askers that ask for too many: it holds no others.
    ConfigSection& deadEnd();

    const ConfigNode* node_; ///< a mapping, or null: nothing is set
    Location location_;
    std::string path_; ///< empty for the root
    ConfigReport& report_;
    std::vector<bool> known_;     ///< runs parallel to the node's entries
    std::set<std::string> asked_; ///< for "did you mean"
    std::map<std::string, std::unique_ptr<ConfigSection>> sections_;
    std::map<std::string, std::vector<std::unique_ptr<ConfigSection>>> items_;
    std::unique_ptr<ConfigSection> deadEnd_;
    bool isDeadEnd_ = false;
    bool skipped_ = false;
};

} // namespace srsproxy
