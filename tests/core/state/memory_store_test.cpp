#include "core/state/memory_store.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace srsproxy {
namespace {

using namespace std::chrono_literals;

class MemoryStoreTest : public testing::Test {
protected:
    static constexpr uint64_t Item = MemoryStore::OverheadBytes + 2; // one-letter key and value

    int32_t put(const std::string& key, const std::string& value, Milliseconds ttl = 1s) {
        int32_t result = 1;
        store.put(key, value, ttl, [&](int32_t status, std::string_view) { result = status; });
        return result;
    }
    /// The value, or `-` when there is none.
    std::string get(const std::string& key) {
        std::string result = "no answer";
        store.get(key, [&](int32_t status, std::string_view value) {
            result = status == StatusOk ? std::string(value) : "-";
            EXPECT_TRUE(status == StatusOk || status == StatusNotFound);
        });
        return result;
    }

    ManualClock clock;
    MemoryStore store{3 * Item, clock};
};

TEST_F(MemoryStoreTest, KeepsAndReplaces) {
    EXPECT_EQ(get("k"), "-");
    EXPECT_EQ(put("k", "1"), StatusOk);
    EXPECT_EQ(get("k"), "1");
    EXPECT_EQ(put("k", "2"), StatusOk);
    EXPECT_EQ(get("k"), "2");
    EXPECT_EQ(store.size(), 1u);
    EXPECT_EQ(store.bytes(), Item);
}

TEST_F(MemoryStoreTest, KeepsBytesAsTheyAre) {
    const std::string bytes("\0\xff\n", 3);
    EXPECT_EQ(put(bytes, bytes), StatusOk);
    EXPECT_EQ(get(bytes), bytes);
}

TEST_F(MemoryStoreTest, Removes) {
    put("k", "1");
    store.remove("k");
    store.remove("k");
    EXPECT_EQ(get("k"), "-");
    EXPECT_EQ(store.bytes(), 0u);
}

TEST_F(MemoryStoreTest, ForgetsAfterTheLifetime) {
    put("a", "1", 1s);
    put("b", "2", 2s);
    clock.advance(999ms);
    EXPECT_EQ(get("a"), "1");
    clock.advance(1ms);
    EXPECT_EQ(get("a"), "-");
    EXPECT_EQ(get("b"), "2");
}

TEST_F(MemoryStoreTest, PutRenewsTheLifetime) {
    put("a", "1", 1s);
    clock.advance(900ms);
    put("a", "2", 1s);
    clock.advance(900ms);
    EXPECT_EQ(get("a"), "2");
    put("a", "3", 10ms);
    clock.advance(10ms);
    EXPECT_EQ(get("a"), "-") << "the shorter of two, when it came later";
}

TEST_F(MemoryStoreTest, SweepFreesWhatNobodyAsksFor) {
    put("a", "1", 1s);
    put("b", "2", 2s);
    clock.advance(1s);
    store.sweep();
    EXPECT_EQ(store.size(), 1u);
    EXPECT_EQ(store.bytes(), Item);
    clock.advance(1s);
    store.sweep();
    EXPECT_EQ(store.bytes(), 0u);
}

TEST_F(MemoryStoreTest, RefusesWhatDoesNotFitAndKeepsWhatLives) {
    for (const char* key : {"a", "b", "c"}) {
        EXPECT_EQ(put(key, "1"), StatusOk);
    }
    EXPECT_EQ(put("d", "1"), StatusLimit);
    EXPECT_EQ(put("a", "22"), StatusLimit);
    EXPECT_EQ(get("a"), "1") << "a refused value leaves the former one";
    EXPECT_EQ(put("a", "2"), StatusOk);
    EXPECT_EQ(put("a", std::string(10 * Item, 'x')), StatusLimit);
    store.remove("b");
    EXPECT_EQ(put("d", "1"), StatusOk);
    EXPECT_EQ(store.bytes(), 3 * Item);
}

TEST_F(MemoryStoreTest, ExpiredOnesMakeRoom) {
    for (const char* key : {"a", "b", "c"}) {
        put(key, "1");
    }
    clock.advance(1s);
    EXPECT_EQ(put("d", "1"), StatusOk);
    EXPECT_EQ(store.size(), 1u);
}

TEST_F(MemoryStoreTest, AnswerMayCallBack) {
    std::string seen;
    store.put("k", "1", 1s, [&](int32_t, std::string_view) {
        store.get("k", [&](int32_t, std::string_view value) {
            seen = value;
            store.remove("k");
        });
    });
    EXPECT_EQ(seen, "1");
    EXPECT_EQ(store.size(), 0u);
}

TEST(MemoryStore, ServesThreadsAtOnce) {
    const SteadyClock clock;
    MemoryStore store(1 << 20, clock);
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([&store, thread] {
            for (int i = 0; i < 2000; ++i) {
                const std::string key = std::to_string(i % 50);
                store.put(key, key + '!', 1h, {});
                store.get(key, [&](int32_t status, std::string_view value) {
                    EXPECT_TRUE(status == StatusNotFound || value == key + '!');
                });
                if (i % 7 == thread) {
                    store.remove(key);
                }
                store.sweep();
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    for (int i = 0; i < 50; ++i) {
        store.remove(std::to_string(i));
    }
    EXPECT_EQ(store.bytes(), 0u);
}

} // namespace
} // namespace srsproxy
