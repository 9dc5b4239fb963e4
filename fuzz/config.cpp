/// Arbitrary bytes as a configuration: what stands before the first zero byte is YAML, the rest a
/// `.env`. Reading must come to its end, with a bounded number of problems of bounded length,
/// and settings within their ranges.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/abi.h"
#include "core/config/load_config.h"

namespace {

using namespace srsproxy;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

class Count final : public IStrSink {
public:
    void accept(Str) noexcept override { ++calls; }
    int calls = 0;
};

/// Asks for one key as every type there is.
void readAsPlugin(ConfigSection& section, std::string_view key) {
    int32_t flag = 1;
    int64_t number = 5;
    double real = 0.5;
    int64_t ms = 1'000;
    uint64_t bytes = 512;
    Count texts;
    section.flag(str(key), &flag);
    section.integer(str(key), 1, 10, &number);
    section.real(str(key), 0, 1, &real);
    section.duration(str(key), 1, 60'000, &ms);
    section.size(str(key), 1, 4'096, &bytes);
    section.text(str(key), str("x"), &texts);
    require(flag == 0 || flag == 1);
    require(number >= 1 && number <= 10 && real >= 0 && real <= 1);
    require(ms >= 1 && ms <= 60'000 && bytes >= 1 && bytes <= 4'096);
    require(texts.calls == 1);
    section.texts(str(key), nullptr, 0, &texts);
    section.section(str(key))->text(str("a"), str("b"), &texts);
    for (uint64_t i = 0; i < 3; ++i) {
        if (ConfigSection* item = section.item(str(key), i)) {
            item->text(str("a"), str("b"), &texts);
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const size_t zero = all.find('\0');
    LoadedConfig::Input input;
    input.name = "proxy.yaml";
    input.text = std::string(all.substr(0, zero));
    const std::string_view env =
        zero == std::string_view::npos ? std::string_view() : all.substr(zero + 1);
    input.environment = joinEnvironment(env, ".env", {}, input.problems);
    input.installedProtocols = {"rtmp", "http"};

    LoadedConfig config(std::move(input));
    const Settings& settings = *config.settings();
    require(settings.router.maxAttempts >= 1 && settings.router.maxAttempts <= 100);
    require(settings.registry.maxOrigins >= 1 && settings.store.type == "memory");
    require(settings.origins.size() <= settings.registry.maxOrigins + 1u);
    for (const ProtocolSettings& protocol : settings.protocols) {
        ConfigSection* section = config.protocol(protocol.name);
        require(section != nullptr);
        for (const std::string& key : section->keys()) {
            readAsPlugin(*section, key);
        }
        readAsPlugin(*section, "listen");
    }
    const auto problems = config.finish();
    require(problems.size() <= ConfigReport::MaxProblems + 1);
    for (const Problem& problem : problems) {
        const std::string text = problem.text();
        require(!text.empty() && text.size() < 8'192 && text.find('\n') == std::string::npos);
    }
    require(config.reads().size() <= ConfigReport::MaxRecords);
    require(config.finish().size() == problems.size());
    return 0;
}
