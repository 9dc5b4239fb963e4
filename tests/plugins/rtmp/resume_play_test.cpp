/// A player that loses its origin is attached to another one, on the same connection.

#include "tests/plugins/rtmp/resume_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

/// What the viewer gets; times never run backwards.
Frames watch(Resumable& stream, size_t count) {
    return receive(stream.client, ClientStream, count);
}

void send(OriginPeer& origin, const Frames& frames) {
    origin.send(encode(origin.writer, OriginStream, frames));
}

void expectTheSamePayloads(const Frames& got, const Frames& wanted) {
    ASSERT_EQ(got.size(), wanted.size());
    for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(got[i].type, wanted[i].type) << i;
        EXPECT_EQ(got[i].payload, wanted[i].payload) << i;
    }
}

TEST(ResumePlay, GoesOnWithAKeyFrameAndMonotonicTimes) {
    for (const Loss loss : AllLosses) {
        for (const uint32_t newStart : {0u, 7'000u, 100'000'000u}) { // the other origin's clock
            SCOPED_TRACE(std::string(name(loss)) + " " + std::to_string(newStart));
            Resumable stream(resumingConfig(), "play");
            const Frames before =
                joined({heads(), {keyFrame(5000), sound(5010), interFrame(5040)}});
            send(stream.one, before);
            EXPECT_EQ(watch(stream, before.size()), before);
            lose(stream.one, loss);
            OriginPeer two = stream.second.accept(Stage::Running);
            const Frames dropped{interFrame(newStart + 1)};
            const Frames after{keyFrame(newStart + 40), sound(newStart + 45),
                               interFrame(newStart + 80)};
            send(two, joined({heads(), dropped, after}));
            const Frames got = watch(stream, 6);
            expectTheSamePayloads(got, joined({heads(), after}));
            uint32_t last = 5040;
            for (const Frame& frame : got) {
                EXPECT_GE(frame.timestampMs, last);
                EXPECT_LT(frame.timestampMs, 5040u + 60'000);
                last = frame.timestampMs;
            }
            EXPECT_EQ(got[5].timestampMs - got[3].timestampMs, 40u);
            // Bytes pass again, with the new times.
            const Bytes large = encode(two.writer, OriginStream, keyFrame(newStart + 120, 600'000));
            two.send(first(large, 500'000));
            stream.client.readBytes(400'000);
            two.send(behind(large, 500'000));
            const Frame whole = watch(stream, 1)[0];
            EXPECT_EQ(whole.payload.size(), 600'000u);
            EXPECT_EQ(whole.timestampMs - got[3].timestampMs, 80u);
            stream.expectNothingTold();
            stream.expectCounted(1, 0);
        }
    }
}

TEST(ResumePlay, WhatTheViewerHasHalfOfIsFilledWithZeros) {
    for (const size_t cut : {12u, 13u, 140u, 141u, 142u, 30'000u, 70'000u, 100'790u}) {
        SCOPED_TRACE(cut);
        Resumable stream(resumingConfig(), "play");
        send(stream.one, heads());
        watch(stream, 3);
        const Frame large = keyFrame(1000, 100'000);
        const Bytes bytes = encode(stream.one.writer, OriginStream, large);
        stream.one.send(first(bytes, cut));
        stream.one.leave();
        OriginPeer two = stream.second.accept(Stage::Running);
        const Frames after{keyFrame(0), interFrame(40)};
        send(two, after);
        const Frames got = watch(stream, 3);
        EXPECT_EQ(got[0].timestampMs, 1000u);
        EXPECT_EQ(got[0].payload.size(), large.payload.size());
        const auto zeros = std::count(got[0].payload.end() - 100, got[0].payload.end(), 0);
        EXPECT_GE(zeros, static_cast<std::ptrdiff_t>(std::min<size_t>(bytes.size() - cut, 100)));
        expectTheSamePayloads({got[1], got[2]}, after);
        EXPECT_GE(got[1].timestampMs, 1000u);
    }
}

TEST(ResumePlay, TheViewerHearsNothingOfTheSecondOriginsYes) {
    Resumable stream(resumingConfig(), "play", {Route::later()});
    send(stream.one, {keyFrame(0)});
    watch(stream, 1);
    lose(stream.one, Loss::Fin);
    stream.proxy.sessions.waitRoutes(0, 2);
    stream.expectNothingTold();
    stream.proxy.onLoop(
        [&] { stream.proxy.sessions.answerLater(0, Route::to(stream.second.port())); });
    OriginPeer two = stream.second.accept(Stage::Asked);
    two.accept();
    stream.proxy.sessions.waitReported(0, 3);
    stream.expectNothingTold();
}

TEST(ResumePlay, AnEndThatTheOriginTellsIsAnEnd) {
    enum Way { Unpublished, Stop, Eof };
    for (const Way way : {Unpublished, Stop, Eof}) {
        SCOPED_TRACE(static_cast<int>(way));
        Resumable stream(resumingConfig(), "play");
        Bytes out;
        switch (way) {
        case Unpublished:
            stream.one.status(OriginStream, "status", "NetStream.Play.UnpublishNotify", "bye");
            EXPECT_EQ(stream.client.told().second, "bye");
            break;
        case Stop:
            stream.one.status(OriginStream, "status", "NetStream.Play.Stop", "bye");
            EXPECT_EQ(stream.client.told().second, "bye");
            break;
        case Eof:
            stream.one.writer.write(makeUserControl(UserEvent::StreamEof, OriginStream), out);
            stream.one.send(out);
            stream.client.nextOf(MessageType::UserControl);
            break;
        }
        stream.one.leave();
        EXPECT_EQ(stream.client.told().first, "NetStream.Play.UnpublishNotify");
        stream.client.leave();
        EXPECT_EQ(stream.proxy.sessions.waitClosed().routes, 1u);
        stream.expectCounted(0, 0);
    }
}

TEST(ResumePlay, OffMeansThatTheViewerIsTold) {
    Config config = resumingConfig();
    config.resumePlay = false;
    Resumable stream(config, "play");
    lose(stream.one, Loss::Reset);
    EXPECT_EQ(stream.client.told().first, "NetStream.Play.UnpublishNotify");
    stream.client.leave();
    const Seen seen = stream.proxy.sessions.waitClosed();
    EXPECT_EQ(seen.cause, CauseReset);
    EXPECT_EQ(seen.routes, 1u);
    stream.expectCounted(0, 0);
}

TEST(ResumePlay, GivesUpInTheEndAndTellsTheViewer) {
    Config config = resumingConfig();
    config.resumeAttempts = 2;
    Resumable stream(config, "play");
    stream.proxy.sessions.script("cam", {});
    const Bytes bytes = encode(stream.one.writer, OriginStream, keyFrame(0, 10'000));
    stream.one.send(first(bytes, 5000));
    stream.one.leave();
    EXPECT_EQ(watch(stream, 1)[0].payload.size(), 10'000u);
    EXPECT_EQ(stream.client.told().first, "NetStream.Play.UnpublishNotify");
    stream.client.leave();
    EXPECT_EQ(stream.proxy.sessions.waitClosed().cause, CauseOriginFailed);
    stream.expectCounted(0, 1);
}

TEST(ResumePlay, AudioOnlyGoesOnAtOnce) {
    Resumable stream(resumingConfig(), "play");
    send(stream.one, {audioHeader(), sound(900), sound(920)});
    watch(stream, 3);
    lose(stream.one, Loss::Reset);
    OriginPeer two = stream.second.accept(Stage::Running);
    const Frames after{audioHeader(), sound(0), sound(20), sound(40)};
    send(two, after);
    const Frames got = watch(stream, 4);
    expectTheSamePayloads(got, after);
    EXPECT_GE(got[0].timestampMs, 920u);
    EXPECT_GE(got[1].timestampMs, 920u);
    EXPECT_EQ(got[3].timestampMs - got[1].timestampMs, 40u);
}

TEST(ResumePlay, OneOriginAfterTheOther) {
    Resumable stream(resumingConfig(), "play");
    std::deque<OpenPort> ports(5);
    std::deque<Route> routes;
    for (const OpenPort& port : ports) {
        routes.push_back(Route::to(port.port()));
    }
    stream.proxy.sessions.script("cam", routes);
    OriginPeer last = std::move(stream.one);
    uint32_t lastMs = 0;
    for (size_t i = 0; i < ports.size(); ++i) {
        SCOPED_TRACE(i);
        lose(last, AllLosses[i % 3]);
        last = ports[i].accept(Stage::Running);
        send(last, {interFrame(0), keyFrame(40), interFrame(80)});
        const Frames got = watch(stream, 2);
        expectTheSamePayloads(got, {keyFrame(40), interFrame(80)});
        EXPECT_GE(got[0].timestampMs, lastMs);
        lastMs = got[1].timestampMs;
    }
    stream.expectCounted(ports.size(), 0);
}

} // namespace
} // namespace srsproxy::rtmp
