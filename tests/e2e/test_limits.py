"""Limits of the configuration: what is over one is refused in words, and the rest goes on."""

import random

import pytest

from lib.rtmp_client import open_client, open_publisher, refused
from lib.rtmp_wire import DATA
from lib.wait import until


def rtmp(**settings):
    return {"protocols": {"rtmp": settings}}


@pytest.mark.parametrize("limits, sources, reason", [
    ({"sessions": 3}, ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"], "sessions"),
    ({"sessions_per_client": 3}, ["127.0.0.5"] * 4, "client"),
])
def test_one_session_too_many_is_turned_away(make_proxy, make_fake, register, limits, sources,
                                             reason):
    proxy = make_proxy({"limits": limits})
    register(proxy, make_fake())
    clients = [open_publisher(proxy.rtmp_port, f"cam{number}", source=source)
               for number, source in enumerate(sources[:3])]
    assert refused(proxy.rtmp_port, "cam3", source=sources[3]) is None
    assert proxy.metric("srsproxy_sessions_refused_total", reason=reason) == 1
    if reason == "client":
        with open_publisher(proxy.rtmp_port, "another", source="127.0.0.6"):
            pass
    clients.pop().close()
    until(lambda: len(proxy.sessions()) == 2, "a place is free again")
    with open_publisher(proxy.rtmp_port, "cam3", source=sources[3]):
        assert len(proxy.sessions()) == 3
    for client in clients:
        client.close()


def test_more_publishes_a_second_than_allowed_are_refused_in_words(make_proxy, make_fake, register):
    proxy = make_proxy({"limits": {"publishes_per_second": 2}})
    origin = make_fake()
    register(proxy, origin)
    answers = []
    for number in range(8):
        with open_client(proxy.rtmp_port) as client:
            answers.append(client.publish(f"cam{number}"))
    refusals = [status for status in answers if status["level"] == "error"]
    assert 2 <= len(answers) - len(refusals) <= 5, answers
    assert all("publish" in status["description"] for status in refusals), refusals
    assert proxy.wait_for_access(cause="limit")["role"] in ("publish", "unknown")
    with open_client(proxy.rtmp_port) as player:
        player.start_play("cam0")  # it is no limit for players

    def may_again():
        with open_client(proxy.rtmp_port) as client:
            return client.publish("later")["level"] != "error"
    until(may_again, "publishing is allowed again", timeout=5, interval=0.3)


def test_more_before_publish_than_allowed_ends_the_connection(make_proxy, make_fake, register):
    proxy = make_proxy(rtmp(max_prepublish="64KiB"))
    register(proxy, make_fake())
    with open_client(proxy.rtmp_port) as client:
        for _ in range(3):  # metadata may come early
            client.write(DATA, bytes(10_000), client.stream_id)
        assert client.publish("modest")["code"] == "NetStream.Publish.Start"
    with open_client(proxy.rtmp_port) as client:
        try:
            for _ in range(20):
                client.write(DATA, bytes(10_000), client.stream_id)
        except OSError:
            pass  # it hung up while we were talking
        client.wait_for_close(3)
    entry = proxy.wait_for_access(cause="limit", side="client")
    assert "max_prepublish" in entry["detail"], entry


def test_longer_message_than_allowed_ends_the_session(make_proxy, make_fake, register):
    proxy = make_proxy(rtmp(max_message="1MiB", resume="off"))
    origin = make_fake()
    register(proxy, origin)
    source = random.Random(9)
    with open_publisher(proxy.rtmp_port, "long", timeout=10) as client:
        peer = origin.publisher("long")
        payload = source.randbytes(900_000)
        client.send_video(0, payload)
        assert peer.wait_for_media(1)[0].payload == payload
        try:
            client.send_video(40, bytes(1_100_000))
        except OSError:
            pass  # it hung up while we were talking
        client.wait_for_close(3)
    assert peer.ended.wait(5) and len(peer.media) == 1
    entry = proxy.wait_for_access(stream="__defaultVhost__/live/long")
    assert (entry["cause"], entry["side"]) == ("protocol_error", "client"), entry
