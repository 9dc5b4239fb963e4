"""Several streams on one connection, the commands inside a stream, and what connect offers."""

import random

import pytest

from lib.fake_origin import FIRST_STREAM
from lib.rtmp_client import (AVC_HEADER, AVC_KEY_FRAME, RtmpClient, open_client,
                             open_publisher)
from lib.rtmp_wire import AUDIO, VIDEO
from lib.wait import until


@pytest.fixture(scope="module")
def proxy(shared):
    return shared.make_proxy()


@pytest.fixture(scope="module")
def origins(shared, proxy):
    """Two origins of our own behind the proxy; new streams go to them in turn."""
    made = [shared.make_fake(), shared.make_fake()]
    for number, origin in enumerate(made):
        shared.register(proxy, origin, f"origin-{number}")
    return made


def peer_of(stream, origins):
    """(the origin that has the stream, the connection that publishes it)."""
    origin = until(lambda: next((each for each in origins if stream in each.streams()), None),
                   f"an origin has {stream}")
    return origin, origin.publisher(stream)


def payloads(messages):
    return [message.payload for message in messages]


# --- two streams -----------------------------------------------------------------------------

def test_publish_and_play_side_by_side(proxy, origins):
    with open_publisher(proxy.rtmp_port, "up") as client:
        published = client.stream_id
        played = client.create_stream()
        assert played != published
        client.start_play("down")
        assert client.wait_for_video(played).payload == AVC_HEADER
        assert client.wait_for_video(played).payload == AVC_KEY_FRAME

        player = until(lambda: next((peer for each in origins for peer in each.peers
                                     if "down" in peer.played.values()), None), "it plays")
        _, publisher = peer_of("up", origins)
        for number in range(50):
            client.send_video(40 * number, b"\x27\x01up %d" % number, published)
            player.write(VIDEO, b"\x27\x01down %d" % number, FIRST_STREAM, 40 * number,
                         chunk_stream=6)
        sent = publisher.wait_for_media(50)
        assert payloads(sent) == [b"\x27\x01up %d" % number for number in range(50)]
        got = [client.wait_for_video(played) for _ in range(50)]
        assert payloads(got) == [b"\x27\x01down %d" % number for number in range(50)]
        sessions = {session["stream"].split("/")[-1]: session["role"]
                    for session in proxy.sessions()}
        assert sessions == {"up": "publish", "down": "play"}
    for stream in ("up", "down"):
        entry = proxy.wait_for_access(stream=f"__defaultVhost__/live/{stream}")
        assert entry["side"] == "client", entry


def test_two_publishes_go_to_two_origins_unmixed(proxy, origins):
    """Large messages of both in small chunks, the chunks of both taking turns."""
    with open_publisher(proxy.rtmp_port, "left") as client:
        left = client.stream_id
        right = client.create_stream()
        assert client.publish("right")["code"] == "NetStream.Publish.Start"
        client.announce_chunk_size(4096)
        (one, left_peer), (other, right_peer) = (peer_of(name, origins)
                                                 for name in ("left", "right"))
        assert one is not other
        source = random.Random(3)
        sent = {left: [], right: []}
        for number in range(40):
            raw = {}
            for stream_id, chunk_stream in ((left, 6), (right, 7)):
                payload = b"\x27\x01" + source.randbytes(source.randrange(1, 30_000))
                sent[stream_id].append(payload)
                raw[stream_id] = client.encode(VIDEO, payload, stream_id, 40 * number,
                                               chunk_stream, 4096)
            client.send(b"".join(taking_turns(raw[left], raw[right])))
        assert payloads(left_peer.wait_for_media(40)) == sent[left]
        assert payloads(right_peer.wait_for_media(40)) == sent[right]


def taking_turns(one, other):
    """The chunks of two encoded messages, one of each at a time."""
    chunks = [[raw[:12 + 4096], *(raw[at:at + 4097] for at in range(12 + 4096, len(raw), 4097))]
              for raw in (one, other)]
    while any(chunks):
        for left in chunks:
            if left:
                yield left.pop(0)


def test_loss_of_one_stream_leaves_the_other(shared, make_proxy, make_fake, register):
    proxy = make_proxy({"protocols": {"rtmp": {"resume": "off"}}})
    origins = [make_fake(), make_fake()]
    for number, origin in enumerate(origins):
        register(proxy, origin, f"origin-{number}")
    with open_publisher(proxy.rtmp_port, "dies") as client:
        dies = client.stream_id
        lives = client.create_stream()
        client.publish("lives")
        peer_of("dies", origins)[1].end("reset")
        status = client.wait_for_status(dies)
        assert status["level"] == "error", status
        client.send_video(0, AVC_KEY_FRAME, lives)
        assert payloads(peer_of("lives", origins)[1].wait_for_media(1)) == [AVC_KEY_FRAME]
        assert [session["stream"].split("/")[-1] for session in proxy.sessions()] == ["lives"]


@pytest.mark.parametrize("ending", ["deleteStream", "closeStream"])
def test_second_publish_after_the_first_has_ended(proxy, origins, ending):
    names = [f"{ending}-{number}" for number in range(3)]
    with open_client(proxy.rtmp_port) as client:
        for name in names:
            assert client.publish(name)["code"] == "NetStream.Publish.Start"
            client.send_video(0, AVC_KEY_FRAME)
            _, peer = peer_of(name, origins)
            assert payloads(peer.wait_for_media(1)) == [AVC_KEY_FRAME]
            if ending == "deleteStream":
                client.command("deleteStream", 0, None, client.stream_id)
            else:
                client.command("closeStream", 0, None, stream_id=client.stream_id)
            assert peer.ended.wait(5), "the origin hears of its end"
            if ending == "deleteStream":
                client.create_stream()
            entry = proxy.wait_for_access(stream=f"__defaultVhost__/live/{name}")
            assert (entry["cause"], entry["side"]) == ("done", "client"), entry


def test_streams_of_one_connection_reach_nginx(make_proxy, make_nginx, register):
    proxy, origin = make_proxy(), make_nginx()
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "one") as client:
        first = client.stream_id
        client.create_stream()
        assert client.publish("two")["code"] == "NetStream.Publish.Start"
        until(lambda: origin.streams() == {"one", "two"}, "both are published")
        client.create_stream()
        client.start_play("one")
        client.send_video(0, AVC_HEADER, first)
        client.send_video(40, AVC_KEY_FRAME, first)
        assert client.wait_for_video().payload == AVC_HEADER
        client.command("deleteStream", 0, None, first)
        until(lambda: origin.streams() == {"two"}, "one of them has ended")


def test_more_streams_than_allowed_are_refused_in_words(make_proxy, make_fake, register):
    proxy = make_proxy({"protocols": {"rtmp": {"max_streams": 2}}})
    register(proxy, make_fake())
    with open_publisher(proxy.rtmp_port, "one") as client:
        client.create_stream()
        assert client.publish("two")["code"] == "NetStream.Publish.Start"
        answer = client.create_stream()
        assert not isinstance(answer, int), "a third stream is granted"
        assert "streams" in answer.status()["description"], answer
        # It does not cost the streams that run, and a place becomes free again.
        assert len(proxy.sessions()) == 2
        client.command("deleteStream", 0, None, client.stream_id)
        until(lambda: len(proxy.sessions()) == 1, "the second has ended")
        assert isinstance(client.create_stream(), int)
        assert client.publish("three")["code"] == "NetStream.Publish.Start"


def test_refusal_of_one_stream_leaves_the_other(proxy, origins):
    with open_publisher(proxy.rtmp_port, "kept") as client:
        kept = client.stream_id
        for origin in origins:
            origin.refuses("NetStream.Publish.BadName")
        client.create_stream()
        status = client.publish("denied")
        for origin in origins:
            origin.refuses(None)
        assert (status["level"], status["code"]) == ("error", "NetStream.Publish.BadName")
        client.send_video(0, AVC_KEY_FRAME, kept)
        _, peer = peer_of("kept", origins)
        assert payloads(peer.wait_for_media(1)) == [AVC_KEY_FRAME]


# --- commands inside a stream ----------------------------------------------------------------

def test_end_of_a_publish_is_told_to_the_origin_as_the_client_tells_it(proxy, origins):
    with open_client(proxy.rtmp_port) as client:
        client.command("releaseStream", 2, None, "cam")
        client.command("FCPublish", 3, None, "cam")
        client.publish("cam")
        _, peer = peer_of("cam", origins)
        client.command("FCUnpublish", 6, None, "cam")
        client.command("deleteStream", 7, None, client.stream_id)
        assert peer.wait_for_command("FCUnpublish") == (["cam"], 0)
        values, _ = peer.wait_for_command("deleteStream")
        assert values == [FIRST_STREAM], "the stream has another number there"
        names = [name for name, _, _ in peer.commands]
        assert names.index("releaseStream") < names.index("FCPublish") < names.index("publish") \
            < names.index("FCUnpublish") < names.index("deleteStream")


COMMANDS = [
    ("pause", [True, 1234.0]),
    ("pauseRaw", [True, 1234.0]),
    ("seek", [5000.0]),
    ("receiveAudio", [False]),
    ("receiveVideo", [False]),
    ("play2", [{"streamName": "other", "transition": "switch", "start": 0.0}]),
]


@pytest.mark.parametrize("name, values", COMMANDS)
def test_command_of_a_player_reaches_the_origin(proxy, origins, name, values):
    with open_client(proxy.rtmp_port) as client:
        client.start_play("shown")
        peer = next(peer for each in origins for peer in reversed(each.peers)
                    if "shown" in peer.played.values() and not peer.ended.is_set())
        client.command(name, 0, None, *values, stream_id=client.stream_id)
        assert peer.wait_for_command(name) == (values, FIRST_STREAM)
        peer.status(FIRST_STREAM, "NetStream.Test.Notify")
        assert client.wait_for_status(client.stream_id)["code"] == "NetStream.Test.Notify"


def test_play_and_publish_arrive_with_their_arguments(proxy, origins):
    with open_client(proxy.rtmp_port) as client:
        client.call("play", "vod?token=a", 1000.0, 60.0, True, stream_id=client.stream_id)
        client.wait_for_code("NetStream.Play.Start")
        peer = next(peer for each in origins for peer in each.peers
                    if "vod" in peer.played.values())
        assert peer.wait_for_command("play")[0] == ["vod?token=a", 1000.0, 60.0, True]
    for kind in ("live", "record", "append"):
        with open_client(proxy.rtmp_port) as client:
            client.call("publish", f"as-{kind}", kind, stream_id=client.stream_id)
            client.wait_for_code("NetStream.Publish.Start")
            _, peer = peer_of(f"as-{kind}", origins)
            assert peer.wait_for_command("publish")[0] == [f"as-{kind}", kind]


# --- what connect offers ---------------------------------------------------------------------

ENHANCED = {"fourCcList": ["hvc1", "av01"], "videoFourCcInfoMap": {"*": 4.0}, "capsEx": 3.0,
            "audioFourCcInfoMap": {"Opus": 7.0}}
OFFERED = {"videoFourCcInfoMap": {"hvc1": 7.0}, "audioFourCcInfoMap": {"Opus": 4.0}, "capsEx": 1.0,
           "fourCcList": ["hvc1"]}


def offered(client, extra):
    """All that the answer to connect says, of both of its objects."""
    answer = client.connect(extra=extra)
    assert answer.values[0] == "_result", answer
    return {key: value for part in answer.values[2:] if isinstance(part, dict)
            for key, value in part.items()}


def test_client_is_offered_what_the_origin_offers(make_proxy, make_fake, register):
    proxy = make_proxy()
    origin = make_fake(capabilities=OFFERED)
    register(proxy, origin)

    def look():
        with RtmpClient(proxy.rtmp_port) as client:
            said = offered(client, ENHANCED)
            return {key: said.get(key) for key in OFFERED} == OFFERED
    until(look, "the origin's offer is passed on", timeout=5)

    with RtmpClient(proxy.rtmp_port) as client:
        client.connect(extra=ENHANCED)
        client.create_stream()
        client.publish("cam")
        asked = origin.publisher("cam").connect_object
        assert {key: asked.get(key) for key in ENHANCED} == ENHANCED


def test_client_is_offered_nothing_that_an_origin_cannot_do(make_proxy, make_fake, register):
    """Two origins of which one knows no enhanced RTMP: a stream may go to either."""
    proxy = make_proxy()
    origins = [make_fake(capabilities=OFFERED), make_fake()]
    for number, origin in enumerate(origins):
        register(proxy, origin, f"origin-{number}")
    for number in range(4):
        with RtmpClient(proxy.rtmp_port) as client:
            said = offered(client, ENHANCED)
            client.create_stream()
            client.publish(f"cam{number}")
            home, _ = peer_of(f"cam{number}", origins)
            assert home is origins[0] or not said.get("videoFourCcInfoMap"), said


@pytest.mark.parametrize("fourcc", [b"hvc1", b"av01", b"vp09"])
def test_enhanced_tags_pass_unread(proxy, origins, fourcc):
    with open_publisher(proxy.rtmp_port, f"enhanced-{fourcc.decode()}") as client:
        _, peer = peer_of(f"enhanced-{fourcc.decode()}", origins)
        tags = [
            (VIDEO, b"\x90" + fourcc + bytes(40)),               # sequence start
            (VIDEO, b"\x91" + fourcc + bytes(3) + bytes(500)),   # key frame, coded frames
            (VIDEO, b"\xa3" + fourcc + bytes(200)),              # coded frames X
            (VIDEO, b"\x94" + fourcc + b"\x02\x08colorInfo"),    # metadata
            (VIDEO, b"\x96\x01" + fourcc + b"\x00" + bytes(90)),  # multitrack
            (AUDIO, b"\x90Opus" + bytes(19)),
            (AUDIO, b"\x91Opus" + bytes(80)),
            (VIDEO, b""),
        ]
        for number, (kind, payload) in enumerate(tags):
            client.write(kind, payload, client.stream_id, 20 * number, chunk_stream=6)
        got = peer.wait_for_media(len(tags))
        assert [(message.kind, message.payload) for message in got] == tags
        assert [message.timestamp for message in got] == [20 * n for n in range(len(tags))]
