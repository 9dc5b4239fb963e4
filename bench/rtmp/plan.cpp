#include "bench/rtmp/plan.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "bench/rtmp/media.h"

namespace rtmpload {

const char* const Usage =
    "rtmp_load stream|setups|idle --target=IP:PORT --origin=IP:PORT [OPTION]…\n"
    "\n"
    "  stream   N streams for some seconds: cost, latency, loss\n"
    "  setups   N times: handshake, commands, publish or play accepted, close\n"
    "  idle     N sessions that have carried media and then hold still: memory\n"
    "\n"
    "  --target=IP:PORT        where clients connect: the proxy, or the origin itself\n"
    "  --origin=IP:PORT        where the fake origin listens\n"
    "  --direction=publish     or play: who sends the media\n"
    "  --streams=50            N\n"
    "  --seconds=10            measured time (idle: held)\n"
    "  --warmup=1              seconds of media before that\n"
    "  --kbit=4000             of each stream\n"
    "  --saturate              instead: as fast as it goes\n"
    "  --chunk=4096            chunk size of both ends, at least 64\n"
    "  --parallel=16           set-ups at a time\n"
    "  --pid=PID               a process of the proxy, to be measured; may be repeated\n";

namespace {

template <typename Number> bool readNumber(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

bool readAddress(std::string_view text, Address& address) {
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return false;
    }
    address.host = text.substr(0, colon);
    return readNumber(text.substr(colon + 1), address.port) && address.port != 0;
}

bool readChoice(std::string_view text, std::string_view yes, std::string_view no, bool& choice) {
    choice = text == yes;
    return choice || text == no;
}

bool readMode(std::string_view text, Plan::Mode& mode) {
    if (text == "stream") {
        mode = Plan::Mode::Stream;
    } else if (text == "setups") {
        mode = Plan::Mode::Setups;
    } else if (text == "idle") {
        mode = Plan::Mode::Idle;
    } else {
        return false;
    }
    return true;
}

bool readOption(std::string_view name, std::string_view value, Plan& plan) {
    if (name == "--target") {
        return readAddress(value, plan.target);
    }
    if (name == "--origin") {
        return readAddress(value, plan.origin);
    }
    if (name == "--direction") {
        return readChoice(value, "publish", "play", plan.publish);
    }
    if (name == "--streams") {
        return readNumber(value, plan.streams) && plan.streams > 0;
    }
    if (name == "--seconds") {
        return readNumber(value, plan.seconds) && plan.seconds > 0;
    }
    if (name == "--warmup") {
        return readNumber(value, plan.warmup) && plan.warmup >= 0;
    }
    if (name == "--kbit") {
        return readNumber(value, plan.kbitPerSecond) &&
               plan.kbitPerSecond >= Media::MinKbitPerSecond;
    }
    if (name == "--chunk") {
        return readNumber(value, plan.chunkBytes) && plan.chunkBytes >= Media::MinChunkBytes &&
               plan.chunkBytes <= 0xFFFFFF;
    }
    if (name == "--parallel") {
        return readNumber(value, plan.parallel) && plan.parallel > 0;
    }
    if (name == "--pid") {
        return readNumber(value, plan.processes.emplace_back());
    }
    if (name == "--saturate") {
        plan.saturate = true;
        return value.empty();
    }
    return false;
}

} // namespace

std::optional<Plan> readPlan(std::span<char* const> arguments, std::string& why) {
    Plan plan;
    if (arguments.empty() || !readMode(arguments.front(), plan.mode)) {
        why = "the first argument is none of stream, setups, idle";
        return std::nullopt;
    }
    for (const std::string_view argument : arguments.subspan(1)) {
        const size_t equals = std::min(argument.find('='), argument.size());
        const std::string_view value = argument.substr(std::min(equals + 1, argument.size()));
        if (!readOption(argument.substr(0, equals), value, plan)) {
            why = "not understood: " + std::string(argument);
            return std::nullopt;
        }
    }
    if (plan.target.port == 0 || plan.origin.port == 0) {
        why = "--target and --origin are both wanted";
        return std::nullopt;
    }
    return plan;
}

} // namespace rtmpload
