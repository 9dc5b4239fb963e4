/// When a publish that lost its origin does not go on: nobody takes it, the encoder or an operator
/// ends it meanwhile, or it was over anyway.

#include "tests/plugins/rtmp/resume_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

TEST(ResumeEnd, GivesUpInTheEndAndTellsTheEncoderOnce) {
    for (const bool byTime : {true, false}) {
        SCOPED_TRACE(byTime ? "resume_timeout" : "resume_attempts");
        Config config = resumingConfig();
        config.resumeAttempts = byTime ? 1000 : 2;
        config.resumeTimeoutUs = byTime ? ShortUs : config.resumeTimeoutUs;
        Resumable stream(config);
        stream.proxy.sessions.script("cam", {});
        stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
        lose(stream.one, Loss::Reset);
        const Kept told = stream.client.nextCommand("onStatus");
        EXPECT_EQ(told.message.streamId, ClientStream);
        EXPECT_EQ(told.statusCode(), "NetConnection.Connect.Closed");
        EXPECT_THROW(stream.client.nextCommand("onStatus"), std::runtime_error) << "once";
        stream.client.leave();
        const Seen seen = stream.proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseOriginFailed);
        EXPECT_EQ(seen.side, SideOrigin);
        EXPECT_GE(seen.routes, byTime ? 2u : 3u);
        stream.expectCounted(0, 1);
    }
}

TEST(ResumeEnd, TheEncoderMayGoMeanwhile) {
    enum Way { Leaves, Resets, Deletes, Kicked };
    for (const Moment moment : {Moment::Routing, Moment::Connecting, Moment::Greeting,
                                Moment::Asked, Moment::Closing}) { // Closing: between two rounds
        for (const Way way : {Leaves, Resets, Deletes, Kicked}) {
            SCOPED_TRACE(std::string(name(moment)) + " " + std::to_string(way));
            DeafPort deaf;
            Config config = resumingConfig();
            config.resumeAttempts = 100;
            Resumable stream(config);
            stream.proxy.sessions.script(
                "cam", moment == Moment::Routing      ? std::deque<Route>{Route::later()}
                       : moment == Moment::Connecting ? std::deque<Route>{Route::to(deaf.port())}
                       : moment == Moment::Closing
                           ? std::deque<Route>{}
                           : std::deque<Route>{Route::to(stream.second.port())});
            stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
            lose(stream.one, Loss::Fin);
            stream.proxy.sessions.waitRoutes(0, 2);
            OriginPeer two;
            if (moment == Moment::Greeting || moment == Moment::Asked) {
                two =
                    stream.second.accept(moment == Moment::Greeting ? Stage::Silent : Stage::Asked);
            }
            switch (way) {
            case Leaves:
                stream.client.leave();
                break;
            case Resets:
                stream.client.reset();
                break;
            case Deletes:
                stream.client.deleteStream(ClientStream);
                break;
            case Kicked:
                stream.proxy.kick(0, CauseKicked, "go");
                EXPECT_EQ(stream.client.told().second, "go");
                stream.client.leave();
                break;
            }
            const Seen seen = stream.proxy.sessions.waitClosed();
            EXPECT_EQ(seen.cause, way == Resets   ? CauseReset
                                  : way == Kicked ? CauseKicked
                                                  : CauseDone);
            EXPECT_EQ(seen.side, way == Kicked ? SideProxy : SideClient);
            EXPECT_FALSE(seen.routeOutstanding);
            if (two.isOpen()) {
                EXPECT_NE(two.end(), End::StillOpen);
            }
            stream.expectCounted(0, 1);
            if (way == Deletes) { // and the connection goes on
                OpenPort port;
                stream.proxy.sessions.script("next", {Route::to(port.port())});
                stream.client.send(stream.client.ask("publish", "next"));
                OriginPeer next = port.accept(Stage::Running);
                EXPECT_EQ(stream.client.told().first, "NetStream.Publish.Start");
                stream.publish(next, someFrames(1, 3));
            }
        }
    }
}

TEST(ResumeEnd, AnEndThatTheOriginTellsIsAnEnd) {
    enum Way { Unpublished, Error, Close };
    for (const Way way : {Unpublished, Error, Close}) {
        SCOPED_TRACE(static_cast<int>(way));
        Resumable stream;
        stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
        Bytes payload;
        switch (way) {
        case Unpublished:
            stream.one.status(OriginStream, "status", "NetStream.Unpublish.Success", "bye");
            EXPECT_EQ(stream.client.told().second, "bye");
            break;
        case Error:
            stream.one.status(OriginStream, "error", "NetStream.Publish.Failed", "disk full");
            EXPECT_EQ(stream.client.told().second, "disk full");
            break;
        case Close:
            appendCall(payload, "close", 0);
            stream.one.command(0, payload);
            stream.client.nextCommand("close");
            break;
        }
        stream.one.leave();
        EXPECT_EQ(stream.client.told().first, "NetConnection.Connect.Closed");
        stream.client.leave();
        const Seen seen = stream.proxy.sessions.waitClosed();
        EXPECT_EQ(seen.cause, CauseDone);
        EXPECT_EQ(seen.side, SideOrigin);
        EXPECT_EQ(seen.routes, 1u);
        stream.expectCounted(0, 0);
    }
}

TEST(ResumeEnd, OneBesideAnotherStreamIsNotResumed) {
    Resumable stream;
    OpenPort port;
    stream.proxy.sessions.script("other", {Route::to(port.port())});
    const uint32_t id = stream.client.createStream();
    stream.client.send(stream.client.ask("play", "other", id));
    OriginPeer other = port.accept(Stage::Running);
    EXPECT_EQ(stream.client.told().first, "NetStream.Play.Start");
    stream.one.leave();
    const Kept told = stream.client.nextCommand("onStatus");
    EXPECT_EQ(told.message.streamId, ClientStream);
    EXPECT_EQ(told.statusCode(), "NetConnection.Connect.Closed");
    EXPECT_EQ(stream.proxy.sessions.waitClosed(0).routes, 1u);
    const Frames frames = someFrames(1, 3);
    other.send(encode(other.writer, OriginStream, frames));
    EXPECT_EQ(receive(stream.client, id, frames.size()), frames);
}

} // namespace
} // namespace srsproxy::rtmp
