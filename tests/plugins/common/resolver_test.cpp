#include "plugins/common/resolver.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>

#include "core/base/log.h"
#include "core/event/event_loop.h"

namespace srsproxy {
namespace {

constexpr auto Deadline = std::chrono::seconds(10);

size_t threads() {
    using std::filesystem::directory_iterator;
    return static_cast<size_t>(
        std::distance(directory_iterator("/proc/self/task"), directory_iterator()));
}

/// The system's resolver, as the test wants it: names that begin with "slow" wait until they are
/// let go.
class FakeSystem {
public:
    HostResolver::Lookup lookup() {
        return [this](const std::string& host) { return look(host); };
    }
    void letGo() {
        const std::lock_guard lock(mutex_);
        go_ = true;
        changed_.notify_all();
    }
    /// Waits until that name has been asked for.
    bool wasAsked(const std::string& host) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, Deadline, [&] { return asked_[host] > 0; });
    }
    int timesAsked(const std::string& host) {
        const std::lock_guard lock(mutex_);
        return asked_[host];
    }

private:
    ResolvedHost look(const std::string& host) {
        std::unique_lock lock(mutex_);
        ++asked_[host];
        changed_.notify_all();
        if (host.starts_with("slow")) {
            changed_.wait_for(lock, Deadline, [this] { return go_; });
        }
        if (host == "bad") {
            return {{}, "no such host"};
        }
        if (host == "thrown") {
            throw std::runtime_error("out of luck");
        }
        ResolvedHost result;
        const int addresses = host == "many" ? 20 : 2;
        for (int i = 1; i <= addresses; ++i) {
            result.addresses.push_back(socketAddress("10.0.0." + std::to_string(i), 0));
        }
        result.addresses.back() = socketAddress("fd00::1", 0);
        return result;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, int> asked_;
    bool go_ = false;
};

/// One question, and what came of it.
class Asker final : public IResolveHandler {
public:
    void resolved(ResolvedHost host) override {
        const std::lock_guard lock(mutex_);
        answer_ = std::move(host);
        ++answers_;
        if (dropInside) {
            request.reset();
        }
        changed_.notify_all();
    }
    ResolvedHost wait() {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, Deadline, [this] { return answers_ > 0; }));
        return answer_;
    }
    std::string waitText() {
        const ResolvedHost host = wait();
        std::string text = host.error;
        for (const SocketAddress& address : host.addresses) {
            text += (text.empty() ? "" : " ") + toString(address);
        }
        return text;
    }
    int answers() {
        const std::lock_guard lock(mutex_);
        return answers_;
    }

    std::unique_ptr<ResolveRequest> request; ///< the loop's
    bool dropInside = false;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    ResolvedHost answer_;
    int answers_ = 0;
};

class Scene {
public:
    explicit Scene(const HostResolver::Limits& limits = {60'000'000, 4, 8}) {
        loops_.start();
        resolver.emplace(limits, system.lookup());
    }
    ~Scene() {
        system.letGo();
        resolver.reset();
    }
    void ask(Asker& asker, const std::string& host) {
        onLoop([&] {
            asker.request = resolver->ask(loops_.at(0), host, 1935, asker);
            EXPECT_EQ(asker.answers(), 0) << "answered from within ask()";
        });
    }
    void drop(Asker& asker) {
        onLoop([&] { asker.request.reset(); });
    }
    /// All that was posted before has run.
    void settle() {
        onLoop([] {});
    }

    FakeSystem system;
    std::optional<HostResolver> resolver;

private:
    template <typename Work> void onLoop(Work work) { loops_.at(0).call(work); }

    LoopGroup loops_{1, Log(std::make_shared<NullLogSink>(), "test")};
};

TEST(HostResolver, AnswersNumericAddressesWithoutAThread) {
    Scene scene;
    const size_t before = threads();
    for (const auto& [host, shown] : std::map<std::string, std::string>{
             {"127.0.0.1", "127.0.0.1:1935"}, {"fd00::7", "[fd00::7]:1935"}}) {
        Asker asker;
        scene.ask(asker, host);
        EXPECT_EQ(asker.waitText(), shown);
        scene.drop(asker);
        EXPECT_EQ(scene.system.timesAsked(host), 0);
    }
    EXPECT_EQ(threads(), before);
    Asker asker;
    scene.ask(asker, "name");
    asker.wait();
    scene.drop(asker);
    EXPECT_EQ(threads(), before + 1);
}

TEST(HostResolver, AnswersWhatTheSystemSays) {
    const struct {
        const char* host;
        const char* answer;
    } rows[] = {
        {"name", "10.0.0.1:1935 [fd00::1]:1935"},
        {"bad", "no such host"},
        {"thrown", "host name \"thrown\" does not resolve: out of luck"},
        {"many", "10.0.0.1:1935 10.0.0.2:1935 10.0.0.3:1935 10.0.0.4:1935 10.0.0.5:1935 "
                 "10.0.0.6:1935 10.0.0.7:1935 10.0.0.8:1935"},
    };
    Scene scene;
    for (const auto& row : rows) {
        Asker asker;
        scene.ask(asker, row.host);
        EXPECT_EQ(asker.waitText(), row.answer);
        scene.drop(asker);
    }
}

TEST(HostResolver, GivesUpAtTheDeadlineThoughTheSystemDoesNot) {
    Scene scene({50'000, 4, 8});
    Asker first;
    Asker behind;
    first.dropInside = true;
    scene.ask(first, "slow");
    scene.ask(behind, "name");
    EXPECT_EQ(first.waitText(), "host name \"slow\" does not resolve: no answer within 50 ms");
    EXPECT_EQ(behind.waitText(), "host name \"name\" does not resolve: no answer within 50 ms");
    scene.system.letGo();
    scene.resolver.reset(); // the worker has posted all that it will
    scene.settle();
    EXPECT_EQ(first.answers(), 1);
    EXPECT_EQ(behind.answers(), 1);
    EXPECT_EQ(scene.system.timesAsked("name"), 0) << "nobody waits for that answer";
    scene.drop(behind);
}

TEST(HostResolver, BoundsItsQueueAndForgetsWhoGaveUp) {
    Scene scene({60'000'000, 2, 8});
    Asker slow;
    Asker queued[2];
    Asker tooMany;
    scene.ask(slow, "slow");
    ASSERT_TRUE(scene.system.wasAsked("slow"));
    scene.ask(queued[0], "first");
    scene.ask(queued[1], "second");
    scene.ask(tooMany, "third");
    EXPECT_EQ(tooMany.waitText(),
              "host name \"third\" does not resolve: too many names are being looked up");
    scene.drop(tooMany);
    scene.drop(queued[0]); // makes room
    Asker fourth;
    scene.ask(fourth, "fourth");
    scene.system.letGo();
    EXPECT_EQ(fourth.waitText(), "10.0.0.1:1935 [fd00::1]:1935");
    EXPECT_EQ(queued[1].answers(), 1);
    EXPECT_EQ(queued[0].answers(), 0);
    EXPECT_EQ(scene.system.timesAsked("first"), 0);
    for (Asker* asker : {&slow, &queued[1], &fourth}) {
        scene.drop(*asker);
    }
}

TEST(HostResolver, SaysNothingToWhoDroppedTheRequest) {
    Scene scene;
    Asker asker;
    scene.ask(asker, "slow");
    ASSERT_TRUE(scene.system.wasAsked("slow"));
    scene.drop(asker);
    Asker numeric;
    scene.ask(numeric, "127.0.0.1");
    scene.system.letGo();
    scene.resolver.reset();
    scene.settle();
    EXPECT_EQ(asker.answers(), 0);
    EXPECT_EQ(numeric.answers(), 1);
    scene.drop(numeric); // outlives the resolver
}

TEST(HostResolver, EndsWithNamesInItsQueue) {
    Scene scene;
    Asker slow;
    Asker queued;
    scene.ask(slow, "slow");
    ASSERT_TRUE(scene.system.wasAsked("slow"));
    scene.ask(queued, "name");
    scene.system.letGo();
    scene.resolver.reset();
    scene.settle();
    EXPECT_LE(queued.answers(), 1); // the worker may have come to it
    EXPECT_EQ(queued.answers(), scene.system.timesAsked("name"));
    EXPECT_EQ(slow.answers(), 1);
    scene.drop(slow);
    scene.drop(queued);
}

TEST(HostResolver, AsksTheSystem) {
    const ResolvedHost host = HostResolver::systemLookup("localhost");
    ASSERT_FALSE(host.addresses.empty()) << host.error;
    const std::string first = toString(host.addresses.front());
    EXPECT_TRUE(first == "127.0.0.1:0" || first == "[::1]:0") << first;
}

} // namespace
} // namespace srsproxy
