#include "core/state/store_service.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "core/base/abi.h"
#include "core/state/memory_store.h"

namespace srsproxy {
namespace {

using namespace std::chrono_literals;

/// Keeps what is posted until the test runs it.
class FakeLoop final : public IEventLoop {
public:
    uint32_t index() noexcept override { return 0; }
    int64_t nowUs() noexcept override { return 0; }
    int32_t watch(int32_t, uint32_t, IFdHandler*) noexcept override { return StatusFailed; }
    int32_t modify(int32_t, uint32_t) noexcept override { return StatusFailed; }
    void unwatch(int32_t) noexcept override {}
    uint64_t startTimer(int64_t, ITimerHandler*) noexcept override { return 0; }
    void cancelTimer(uint64_t) noexcept override {}
    void post(ITask* task) noexcept override { posted.push_back(task); }

    std::vector<ITask*> posted;
};

class Handler final : public IStoreHandler {
public:
    void answered(int32_t status, Str value) noexcept override {
        answers.push_back(std::to_string(status) + ":" + std::string(view(value)));
    }
    std::vector<std::string> answers;
};

/// Answers when the test says so, on a thread of its own, as a store behind a network would.
class LateStore final : public StateStore {
public:
    void put(std::string, std::string, Milliseconds, Answer answer) override { keep(answer); }
    void get(const std::string&, Answer answer) override { keep(answer); }
    void remove(const std::string&) override {}
    void sweep() override {}

    void answer(int32_t status, const std::string& value) {
        std::thread([&] {
            for (const Answer& waiting : waiting_) {
                waiting(status, value);
            }
        }).join();
        waiting_.clear();
    }

private:
    void keep(const Answer& answer) {
        if (answer) {
            waiting_.push_back(answer);
        }
    }
    std::vector<Answer> waiting_;
};

class StoreServiceTest : public testing::Test {
protected:
    std::string get(IStore* plugin, const std::string& key) {
        Handler handler;
        plugin->get(&loop, str(key), &handler);
        EXPECT_EQ(handler.answers.size(), 1u);
        return handler.answers.empty() ? "" : handler.answers.front();
    }
    std::string put(IStore* plugin, const std::string& key, const std::string& value,
                    int64_t ttlMs = 1000) {
        Handler handler;
        plugin->put(&loop, str(key), str(value), ttlMs, &handler);
        EXPECT_EQ(handler.answers.size(), 1u);
        return handler.answers.empty() ? "" : handler.answers.front();
    }

    const std::string Ok = "0:";
    const std::string NotFound = std::to_string(StatusNotFound) + ":";
    const std::string BadArgument = std::to_string(StatusBadArgument) + ":";
    const std::string Limit = std::to_string(StatusLimit) + ":";

    ManualClock clock;
    MemoryStore memory{1 << 20, clock};
    StoreService service{memory};
    FakeLoop loop;
};

TEST_F(StoreServiceTest, KeepsFactsOfAPlugin) {
    IStore* rtmp = service.serviceFor("rtmp");
    EXPECT_EQ(service.serviceFor("rtmp"), rtmp);
    EXPECT_EQ(put(rtmp, "k", "v"), Ok);
    EXPECT_EQ(get(rtmp, "k"), "0:v");
    clock.advance(1s);
    EXPECT_EQ(get(rtmp, "k"), NotFound);
    put(rtmp, "k", "v");
    rtmp->remove(&loop, str("k"));
    EXPECT_EQ(get(rtmp, "k"), NotFound);
    EXPECT_TRUE(loop.posted.empty()) << "memory answers at once";
}

TEST_F(StoreServiceTest, PluginsDoNotMeet) {
    IStore* a = service.serviceFor("a");
    IStore* b = service.serviceFor("b");
    put(a, "k", "of a");
    EXPECT_EQ(get(b, "k"), NotFound);
    put(b, "k", "of b");
    b->remove(&loop, str("k"));
    EXPECT_EQ(get(a, "k"), "0:of a");
    put(service.serviceFor("a_b"), "/k", "1");
    EXPECT_EQ(get(a, "_b//k"), NotFound);
}

TEST_F(StoreServiceTest, RefusesBadArguments) {
    IStore* store = service.serviceFor("rtmp");
    const std::string longest(StoreService::MaxKeyBytes, 'k');
    EXPECT_EQ(put(store, longest, "v"), Ok);
    EXPECT_EQ(put(store, longest + 'k', "v"), BadArgument);
    EXPECT_EQ(put(store, "", "v"), BadArgument);
    EXPECT_EQ(put(store, "k", "v", 0), BadArgument);
    EXPECT_EQ(put(store, "k", "v", -1), BadArgument);
    EXPECT_EQ(put(store, "k", std::string(StoreService::MaxValueBytes + 1, 'v')), Limit);
    EXPECT_EQ(get(store, ""), BadArgument);
    store->remove(&loop, str(""));
    store->remove(&loop, Str{nullptr, 5});
    store->get(&loop, str("k"), nullptr);
    store->put(&loop, str(""), str("v"), 1, nullptr);
    EXPECT_EQ(memory.size(), 1u);
}

TEST_F(StoreServiceTest, CutsLifetimes) {
    IStore* store = service.serviceFor("rtmp");
    EXPECT_EQ(put(store, "k", "v", std::numeric_limits<int64_t>::max()), Ok);
    clock.advance(StoreService::MaxTtl - 1ms);
    EXPECT_EQ(get(store, "k"), "0:v");
    clock.advance(1ms);
    EXPECT_EQ(get(store, "k"), NotFound);
}

TEST_F(StoreServiceTest, PassesOnThatThereIsNoRoom) {
    MemoryStore small(100, clock);
    StoreService own(small);
    EXPECT_EQ(put(own.serviceFor("rtmp"), "k", "v"), Limit);
}

TEST_F(StoreServiceTest, PutNeedsNoHandler) {
    IStore* store = service.serviceFor("rtmp");
    store->put(&loop, str("k"), str("v"), 1000, nullptr);
    EXPECT_EQ(get(store, "k"), "0:v");
}

TEST_F(StoreServiceTest, LateAnswerComesOnTheLoop) {
    LateStore late;
    StoreService own(late);
    IStore* store = own.serviceFor("rtmp");
    Handler handler;
    store->get(&loop, str("k"), &handler);
    store->put(&loop, str("k"), str("v"), 1000, nullptr);
    store->put(&loop, str("k"), str("v"), 1000, &handler);
    late.answer(StatusUnavailable, "x");
    EXPECT_TRUE(handler.answers.empty());
    ASSERT_EQ(loop.posted.size(), 2u);
    loop.posted[0]->run();
    EXPECT_EQ(handler.answers, std::vector<std::string>{std::to_string(StatusUnavailable) + ":x"});
    loop.posted[1]->discard();
    EXPECT_EQ(handler.answers.size(), 1u) << "a loop that has ended tells nobody";
}

} // namespace
} // namespace srsproxy
