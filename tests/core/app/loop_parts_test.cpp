#include "core/app/loop_parts.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace srsproxy {
namespace {

/// Notes on which loop and in which order its parts are called.
class Recorder final : public IProtocol {
public:
    class Part final : public ILoopPart {
    public:
        Part(Recorder& recorder, uint32_t loop)
            : recorder_(recorder), loop_(loop), thread_(std::this_thread::get_id()) {}
        void drain(int64_t graceMs) noexcept override { note("drain " + std::to_string(graceMs)); }
        void destroy() noexcept override {
            note("destroy");
            delete this;
        }

    private:
        ~Part() = default;
        void note(const std::string& what) {
            EXPECT_EQ(std::this_thread::get_id(), thread_);
            recorder_.notes.insert(what + " on " + std::to_string(loop_));
        }
        Recorder& recorder_;
        uint32_t loop_;
        std::thread::id thread_;
    };

    int32_t open(uint32_t, IErrorSink*) noexcept override { return StatusOk; }
    ILoopPart* attach(IEventLoop* loop, IErrorSink* errors) noexcept override {
        if (loop->index() == refuseLoop) {
            errors->error(Str{"full", 4});
            return nullptr;
        }
        return new Part(*this, loop->index());
    }
    void destroy() noexcept override {}

    uint32_t refuseLoop = UINT32_MAX;
    std::set<std::string> notes; ///< the calls come one after the other
};

Log quiet() {
    return Log(std::make_shared<NullLogSink>(), "test");
}

TEST(LoopParts, DrainsAndDestroysEachPartOnItsOwnLoop) {
    LoopGroup loops(2, quiet());
    loops.start();
    Recorder recorder;
    LoopParts parts(loops);
    ASSERT_TRUE(parts.attach("test", recorder));
    parts.drain(Milliseconds(20));
    parts.destroy();
    EXPECT_EQ(recorder.notes, (std::set<std::string>{"drain 20 on 0", "drain 20 on 1",
                                                     "destroy on 0", "destroy on 1"}));
}

TEST(LoopParts, NamesTheProtocolAndLoopThatCannotStart) {
    LoopGroup loops(2, quiet());
    loops.start();
    Recorder recorder;
    recorder.refuseLoop = 1;
    LoopParts parts(loops);
    const auto attached = parts.attach("test", recorder);
    ASSERT_FALSE(attached);
    EXPECT_NE(attached.error().message.find("protocols.test"), std::string::npos);
    EXPECT_NE(attached.error().message.find("full"), std::string::npos);
    parts.destroy();
    EXPECT_EQ(recorder.notes, std::set<std::string>{"destroy on 0"});
}

} // namespace
} // namespace srsproxy
