/// A publish that loses its origin goes on at another one, and the encoder does not notice.

#include "tests/plugins/rtmp/resume_fixture.h"

namespace srsproxy::rtmp {
namespace {

using namespace test;

TEST(ResumePublish, HeadsAndTheLastKeyFrameComeFirst) {
    for (const Loss loss : AllLosses) {
        SCOPED_TRACE(name(loss));
        Resumable stream;
        stream.publish(stream.one, joined({heads(), {keyFrame(0), interFrame(40), sound(50)}}));
        const Frames group{keyFrame(1000), sound(1010), interFrame(1040)};
        stream.publish(stream.one, group);
        lose(stream.one, loss);
        OriginPeer two = stream.second.accept(Stage::Running);
        EXPECT_EQ(receive(two, OriginStream, 6), joined({Resumable::headsAt(1000), group}));
        stream.publish(two, {interFrame(1080), sound(1090), keyFrame(1120), interFrame(1160)});
        stream.expectNothingTold();
        stream.expectCounted(1, 0);
        const Seen seen = stream.proxy.sessions.seen(0);
        EXPECT_EQ(seen.outcomes,
                  (std::vector<int32_t>{OutcomeAccepted,
                                        loss == Loss::Garbage ? OutcomeProtocolError : OutcomeLost,
                                        OutcomeAccepted}));
        EXPECT_EQ(seen.closes, 0);
        stream.client.leave();
        EXPECT_EQ(two.end(), End::Fin);
        two.leave();
        EXPECT_EQ(stream.proxy.sessions.waitClosed().cause, CauseDone);
    }
}

TEST(ResumePublish, TheOriginSeesTheSameRequestAgain) {
    Resumable stream;
    lose(stream.one, Loss::Fin);
    OriginPeer two = stream.second.accept(Stage::Running);
    EXPECT_EQ(two.asked.payload, stream.one.asked.payload);
    stream.publish(two, joined({heads(), {keyFrame(0)}}));
}

/// Cuts a short publish at every byte; whatever was under way then, the second origin begins with
/// a key frame, and together the two have everything.
TEST(ResumePublish, LosesNothingWhereverTheOriginDies) {
    Proxy proxy(resumingConfig());
    OpenPort first;
    OpenPort second;
    const Frames frames =
        joined({heads(),
                {keyFrame(0, 150), sound(5, 20), interFrame(40, 10), keyFrame(80, 140),
                 sound(85, 9), interFrame(120, 270), sound(125, 30)}});
    ChunkWriter measured;
    const size_t total = encode(measured, ClientStream, frames).size();
    for (size_t cut = 0; cut <= total; ++cut) {
        const Loss loss = AllLosses[cut % 3];
        const bool early = cut / 3 % 2 == 0; // the rest is sent before another origin was asked
        SCOPED_TRACE(std::to_string(cut) + " " + name(loss) + (early ? " early" : ""));
        const std::string stream = "cut" + std::to_string(cut);
        proxy.sessions.script(stream, {Route::to(first.port()), Route::to(second.port())});
        Client client = proxy.connect();
        client.askFor("publish", stream);
        OriginPeer one = first.accept(Stage::Running);
        client.told();
        const Bytes bytes = encode(client.writer, ClientStream, frames);
        client.send(test::first(bytes, cut));
        for (int i = 0; i < 3; ++i) {
            proxy.onLoop([] {}); // until the loop has seen these bytes
        }
        one.drain();
        const size_t whole = one.pendingMedia();
        lose(one, loss);
        if (early) {
            client.send(behind(bytes, cut));
        }
        OriginPeer two = second.accept(Stage::Running);
        if (!early) {
            client.send(behind(bytes, cut));
        }
        client.send(encode(client.writer, ClientStream, sound(999)));
        Frames got;
        do {
            got.push_back(receive(two, OriginStream, 1)[0]);
        } while (got.back() != sound(999));
        got.pop_back();

        size_t skipped = 0; // heads again, before the group
        while (skipped < got.size() && skipped < 3 &&
               got[skipped].payload != keyFrame(0, 150).payload &&
               got[skipped].payload != keyFrame(80, 140).payload) {
            EXPECT_EQ(got[skipped].payload, heads()[skipped].payload);
            ++skipped;
        }
        ASSERT_LT(skipped, got.size());
        const Frames group(got.begin() + static_cast<std::ptrdiff_t>(skipped), got.end());
        const size_t begins = frames.size() - group.size();
        EXPECT_TRUE(begins == 3 || begins == 6) << "a key frame: " << begins;
        EXPECT_EQ(group,
                  Frames(frames.begin() + static_cast<std::ptrdiff_t>(begins), frames.end()));
        if (!early) { // else a newer key frame may have come meanwhile
            EXPECT_LE(begins, std::max<size_t>(whole, 3)) << "and no gap";
        }
        EXPECT_EQ(skipped, 3u);
        ASSERT_FALSE(HasFailure());
        client.reset();
        two.end();
    }
    EXPECT_EQ(proxy.metrics.resumes("publish", "resumed"), total + 1);
}

TEST(ResumePublish, TheEncoderIsAnsweredMeanwhile) {
    Resumable stream(resumingConfig(), "publish", {Route::later()});
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    lose(stream.one, Loss::Reset);
    stream.proxy.sessions.waitRoutes(0, 2);
    stream.expectNothingTold();
    Bytes payload;
    appendStreamCall(payload, "_checkbw", 8, "x");
    stream.client.command(0, payload);
    stream.client.nextCommand("_result");
    const Frames meanwhile{interFrame(40), sound(50), interFrame(80)};
    stream.client.send(encode(stream.client.writer, ClientStream, meanwhile));
    stream.expectNothingTold();
    stream.proxy.onLoop(
        [&] { stream.proxy.sessions.answerLater(0, Route::to(stream.second.port())); });
    OriginPeer two = stream.second.accept(Stage::Running);
    EXPECT_EQ(receive(two, OriginStream, 7),
              joined({Resumable::headsAt(0), {keyFrame(0)}, meanwhile}));
    stream.expectNothingTold();
}

TEST(ResumePublish, AnEncoderThatSendsMoreThanIsKeptWaits) {
    Config config = resumingConfig();
    config.resumeBytes = 512 * 1024;
    Resumable stream(config, "publish", {Route::later()});
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    lose(stream.one, Loss::Fin);
    stream.proxy.sessions.waitRoutes(0, 2);
    Frames frames;
    for (uint32_t i = 0; i < 1000; ++i) {
        frames.push_back(interFrame(40 + i, 16'000));
    }
    const Bytes bytes = encode(stream.client.writer, ClientStream, frames);
    const size_t taken = stream.client.sendUntilStalled(bytes, 200);
    EXPECT_LT(taken, bytes.size());
    auto sending =
        std::async(std::launch::async, [&] { stream.client.send(behind(bytes, taken)); });
    stream.proxy.onLoop(
        [&] { stream.proxy.sessions.answerLater(0, Route::to(stream.second.port())); });
    OriginPeer two = stream.second.accept(Stage::Running);
    EXPECT_EQ(receive(two, OriginStream, 1004),
              joined({Resumable::headsAt(0), {keyFrame(0)}, frames}));
    sending.get();
}

TEST(ResumePublish, AGroupThatWasTooLargeGoesOnWithTheNextKeyFrame) {
    Config config = resumingConfig();
    config.resumeBytes = 256 * 1024;
    for (const size_t cut : {0u, 5'000u}) { // of the frame that is under way
        SCOPED_TRACE(cut);
        Resumable stream(config);
        Frames large = heads();
        large.push_back(keyFrame(0, 100'000));
        for (uint32_t i = 1; i < 6; ++i) {
            large.push_back(interFrame(40 * i, 100'000));
        }
        stream.publish(stream.one, large);
        const Bytes under = encode(stream.client.writer, ClientStream, interFrame(300, 20'000));
        if (cut > 0) {
            stream.client.send(first(under, cut));
            stream.one.readBytes(cut - 100);
        }
        lose(stream.one, Loss::Fin);
        OriginPeer two = stream.second.accept(Stage::Running);
        Bytes rest = behind(under, cut);
        append(rest, encode(stream.client.writer, ClientStream,
                            Frames{sound(310), interFrame(320), keyFrame(360), interFrame(400)}));
        stream.client.send(rest);
        Frames got = receive(two, OriginStream, 6);
        for (size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(got[i].payload, heads()[i].payload);
        }
        got.erase(got.begin(), got.begin() + 3);
        EXPECT_EQ(got, (Frames{sound(310), keyFrame(360), interFrame(400)}));
        stream.publish(two, someFrames(1, 20)); // passes again
        stream.expectNothingTold();
    }
}

TEST(ResumePublish, AudioOnlyGoesOnAtOnce) {
    Resumable stream;
    stream.publish(stream.one, {metadata(), audioHeader(), sound(0), sound(20)});
    lose(stream.one, Loss::Fin);
    OriginPeer two = stream.second.accept(Stage::Running);
    stream.client.send(encode(stream.client.writer, ClientStream, Frames{sound(40), sound(60)}));
    const Frames got = receive(two, OriginStream, 4);
    EXPECT_EQ(got[0].payload, metadata().payload);
    EXPECT_EQ(got[1].payload, audioHeader().payload);
    EXPECT_EQ(got[2], sound(40));
    EXPECT_EQ(got[3], sound(60));
}

TEST(ResumePublish, OneThatDeclinesOrFailsIsFollowedByTheNext) {
    OpenPort busy;
    OpenPort silent;
    OpenPort hangsUp;
    Config config = resumingConfig();
    config.originTimeoutUs = 300'000;
    Resumable stream(config, "publish",
                     {Route::to(OpenPort().port()), Route::to(busy.port()),
                      Route::to(silent.port()), Route::to(hangsUp.port())});
    stream.script({});
    const Frames frames = joined({heads(), {keyFrame(0)}});
    stream.publish(stream.one, frames);
    stream.proxy.sessions.script("cam", {Route::to(OpenPort().port()), Route::to(busy.port()),
                                         Route::to(silent.port()), Route::to(hangsUp.port()),
                                         Route::to(stream.second.port())});
    lose(stream.one, Loss::Fin);
    OriginPeer refuses = busy.accept(Stage::Asked);
    refuses.status(OriginStream, "error", "NetStream.Publish.BadName", "already there");
    OriginPeer says = silent.accept(Stage::Connected);
    EXPECT_EQ(says.end(), End::Fin);
    hangsUp.accept(Stage::Asked).leave();
    OriginPeer two = stream.second.accept(Stage::Running);
    EXPECT_EQ(receive(two, OriginStream, 4), frames);
    stream.expectNothingTold();
    stream.expectCounted(1, 0);
    EXPECT_EQ(
        stream.proxy.sessions.waitReported(0, 7).outcomes,
        (std::vector<int32_t>{OutcomeAccepted, OutcomeLost, OutcomeConnectRefused, OutcomeDeclined,
                              OutcomeSilent, OutcomeDeclined, OutcomeAccepted}));
}

TEST(ResumePublish, LaterRoundsAskAfresh) {
    Resumable stream;
    stream.proxy.sessions.script(
        "cam", {Route::newRound(), Route::newRound(), Route::to(stream.first.port())});
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    const auto begun = std::chrono::steady_clock::now();
    lose(stream.one, Loss::Fin);
    OriginPeer again = stream.first.accept(Stage::Running); // the only one has come back
    EXPECT_EQ(receive(again, OriginStream, 4), joined({heads(), {keyFrame(0)}}));
    EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(90));
    const Seen seen = stream.proxy.sessions.seen(0);
    EXPECT_EQ(seen.routeFlags.front(), 0u);
    EXPECT_EQ(seen.routeFlags.at(1), 0u);
    EXPECT_EQ(seen.routeFlags.at(2), RouteAfresh);
    EXPECT_EQ(seen.routeFlags.back(), RouteAfresh);
    stream.expectNothingTold();
    stream.expectCounted(1, 0);
}

TEST(ResumePublish, OneOriginAfterTheOther) {
    Resumable stream;
    std::deque<OpenPort> ports(6);
    std::deque<Route> routes;
    for (const OpenPort& port : ports) {
        routes.push_back(Route::to(port.port()));
    }
    stream.proxy.sessions.script("cam", routes);
    stream.publish(stream.one, joined({heads(), {keyFrame(0)}}));
    OriginPeer last = std::move(stream.one);
    Frames group{keyFrame(0)};
    for (uint32_t i = 0; i < ports.size(); ++i) {
        SCOPED_TRACE(i);
        lose(last, AllLosses[i % 3]);
        last = ports[i].accept(Stage::Running);
        EXPECT_EQ(receive(last, OriginStream, 3 + group.size()),
                  joined({Resumable::headsAt(group[0].timestampMs), group}));
        if (i % 2 == 0) {
            group = {keyFrame(1000 * i + 1000)};
            stream.publish(last, group);
        }
        const Frame next = interFrame(1000 * i + 1040);
        stream.publish(last, {next});
        group.push_back(next);
    }
    stream.expectNothingTold();
    stream.expectCounted(ports.size(), 0);
}

TEST(ResumePublish, ManyStreamsAtATimeDoNotGetIntoEachOther) {
    Proxy proxy(resumingConfig());
    OpenPort first;
    OpenPort second;
    struct Each {
        Client client;
        OriginPeer one;
        OriginPeer two;
    };
    std::deque<Each> all(10);
    const auto group = [](size_t i) {
        return Frames{keyFrame(0, 1000 + 10 * i), interFrame(40, 500 + i), sound(41, 30 + i)};
    };
    for (size_t i = 0; i < all.size(); ++i) {
        const std::string stream = "s" + std::to_string(i);
        proxy.sessions.script(stream, {Route::to(first.port()), Route::to(second.port())});
        Each& each = all[i];
        each.client = proxy.connect();
        each.client.askFor("publish", stream);
        each.one = first.accept(Stage::Running);
        each.client.told();
        const Frames frames = joined({heads(), group(i)});
        each.client.send(encode(each.client.writer, ClientStream, frames));
        EXPECT_EQ(receive(each.one, OriginStream, frames.size()), frames);
    }
    for (Each& each : all) {
        each.one.reset();
    }
    for (size_t n = 0; n < all.size(); ++n) {
        OriginPeer peer = second.accept(Stage::Running);
        const auto start = parseCommand(peer.asked.message.type, peer.asked.payload);
        const std::string stream(stringArgument(*start, 1).value_or(""));
        const size_t i = std::stoul(stream.substr(1));
        EXPECT_EQ(receive(peer, OriginStream, 6), joined({heads(), group(i)}));
        all[i].two = std::move(peer);
    }
    for (size_t i = 0; i < all.size(); ++i) {
        all[i].client.send(encode(all[i].client.writer, ClientStream, someFrames(1, 3)));
        EXPECT_EQ(receive(all[i].two, OriginStream, 4), someFrames(1, 3));
    }
}

} // namespace
} // namespace srsproxy::rtmp
