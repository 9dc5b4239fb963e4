"""Origins die, come back, stay silent or say no; the proxy restarts."""

import time

import pytest

from lib import media, ports
from lib.hooks import Hooks
from lib.origins import DownOrigin
from lib.rtmp_client import open_publisher, refused
from lib.rtmp_wire import Closed
from lib.wait import until


def home_of(stream, origins):
    """The index of the origin that has the stream, or None."""
    for index, origin in enumerate(origins):
        if origin.child.alive() and stream in origin.streams():
            return index
    return None


def republish(proxy, stream, deadline):
    """Publishes as an encoder does that tries again at once; the client that succeeded."""
    while True:
        try:
            return open_publisher(proxy.rtmp_port, stream, timeout=3)
        except (AssertionError, Closed, OSError):
            assert time.monotonic() < deadline, f"{stream} could not be published again"


@pytest.mark.parametrize("heartbeat", ["stops", "goes on"])
def test_killed_origin_loses_its_stream_to_the_other(make_proxy, make_nginx, register, clip,
                                                     publish, heartbeat):
    proxy = make_proxy({"protocols": {"rtmp": {"resume": "off"}}})
    origins = [make_nginx(), make_nginx()]
    beats = [register(proxy, origin, f"origin-{number}") for number, origin in enumerate(origins)]
    publisher = publish(clip, proxy.url("moving"))
    until(lambda: home_of("moving", origins) is not None, "it is published")
    first = home_of("moving", origins)
    if heartbeat == "stops":
        beats[first].stop()
    killed_at = time.monotonic()
    origins[first].kill()
    until(lambda: not publisher.alive(), "the publisher hears of it", timeout=5)
    with republish(proxy, "moving", killed_at + 5):
        until(lambda: home_of("moving", origins) == 1 - first, "the other origin has it")
        assert time.monotonic() < killed_at + 5
    lost = [entry for entry in proxy.access_log() if entry["side"] == "origin"]
    assert lost, proxy.access_log()


def test_restarted_proxy_gets_its_origins_back_by_heartbeat(make_proxy, make_nginx, register, clip,
                                                            publish):
    listen = {"system_api": {"listen": [f"127.0.0.1:{ports.reserve()}"]},
              "protocols": {"rtmp": {"listen": [f"127.0.0.1:{ports.reserve()}"]}}}
    proxy = make_proxy(listen)
    origins = [make_nginx(), make_nginx()]
    for number, origin in enumerate(origins):
        register(proxy, origin, f"origin-{number}")
    before = {origin["id"] for origin in proxy.origins()}
    assert len(before) == 2

    proxy.kill()
    proxy.start()
    until(lambda: {origin["id"] for origin in proxy.origins()} == before,
          "both origins are back", timeout=10)
    publish(clip, proxy.url("again"))
    until(lambda: home_of("again", origins) is not None, "it is published")
    assert "video" in media.probe(proxy.url("again"))


@pytest.mark.parametrize("role", ["publish", "play"])
def test_client_hears_at_once_when_there_is_no_origin(make_proxy, role):
    proxy = make_proxy()
    begin = time.monotonic()
    status = refused(proxy.rtmp_port, "nowhere", role)
    assert time.monotonic() - begin < 1
    assert status and status["level"] == "error", status
    entry = proxy.wait_for_access(cause="no_origin")
    assert entry["stream"].endswith("live/nowhere")


def test_ffmpeg_and_librtmp_say_why_when_there_is_no_origin(make_proxy, clip, tmp_path):
    proxy = make_proxy()
    begin = time.monotonic()
    code, error = media.ffmpeg_error(["-re", "-i", clip, "-c", "copy", "-f", "flv",
                                      proxy.url("nowhere")])
    assert code != 0 and "Server error" in error, error
    assert time.monotonic() - begin < 2  # ffmpeg's own start included

    player = media.RtmpDump(proxy.url("nowhere"), tmp_path)
    assert player.child.wait_for_exit(timeout=3) != 0
    assert "error" in player.child.output().lower()
    player.stop()


def test_origin_that_is_down_is_passed_over(make_proxy, make_nginx, register):
    proxy = make_proxy()
    good = make_nginx()
    register(proxy, DownOrigin(), "a-down")  # the lower id: round robin asks it first
    register(proxy, good, "b-good")
    for number in range(4):
        begin = time.monotonic()
        with open_publisher(proxy.rtmp_port, f"cam{number}"):
            assert time.monotonic() - begin < 2
            until(lambda name=f"cam{number}": name in good.streams(), "the good origin has it")
    down = next(origin for origin in proxy.origins() if "a-down" in origin["id"])
    assert down["state"] == "ejected", down


def test_origin_that_is_silent_is_passed_over(make_proxy, make_nginx, make_fake, register):
    proxy = make_proxy()
    silent = make_fake(stop_after="accept")
    good = make_nginx()
    register(proxy, silent, "a-silent")
    register(proxy, good, "b-good")
    begin = time.monotonic()
    with open_publisher(proxy.rtmp_port, "cam", timeout=8):
        assert time.monotonic() - begin < 5  # origin_timeout is 2 s
        until(lambda: "cam" in good.streams(), "the good origin has it")
    assert silent.peers, "the silent origin was not even asked"


@pytest.mark.parametrize("fault", ["down", "silent"])
def test_client_hears_in_bounded_time_when_the_only_origin_fails(make_proxy, make_fake, register,
                                                                 fault):
    proxy = make_proxy()
    register(proxy, DownOrigin() if fault == "down" else make_fake(stop_after="accept"), "faulty")
    begin = time.monotonic()
    status = refused(proxy.rtmp_port, "cam", timeout=8)
    assert time.monotonic() - begin < 5
    assert status and status["level"] == "error", status
    assert "127.0.0.1" not in str(status), "an inner address is shown to a client"


def test_client_hears_the_origins_own_refusal(make_proxy, make_nginx, register, clip, tmp_path):
    proxy = make_proxy()
    origin = make_nginx()
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "busy"):
        until(lambda: "busy" in origin.streams(), "it is published")
        status = refused(proxy.rtmp_port, "busy")
        assert status["code"] == "NetStream.Publish.BadName"
        assert status["description"] == "Already publishing"
        code, error = media.ffmpeg_error(["-re", "-i", clip, "-c", "copy", "-f", "flv",
                                          proxy.url("busy")])
        assert code != 0 and "Already publishing" in error, error
    assert proxy.origins()[0]["state"] == "alive", "a refusal is no fault of the origin"


def test_stream_that_a_hook_denies_never_starts(make_proxy, make_nginx, register):
    hooks = Hooks(deny={"denied"})
    proxy = make_proxy()
    origin = make_nginx(hook_url=hooks.url)
    register(proxy, origin)
    refused(proxy.rtmp_port, "denied")  # fails when it is told that it publishes
    assert any(call["name"] == "denied" for call in hooks.calls)
    with open_publisher(proxy.rtmp_port, "granted"):
        until(lambda: "granted" in origin.streams(), "the origin still serves others")
    hooks.stop()


def test_draining_origin_gets_no_new_streams(pair):
    first = pair.proxy.origins()[0]["id"]
    status, text = pair.proxy.request(f"/api/v1/origins/{first}/drain", "POST")
    assert status == 200, text
    for number in range(4):
        with open_publisher(pair.proxy.rtmp_port, f"cam{number}"):
            pins = {pin["stream"].split("/")[-1]: pin["origin"] for pin in pair.proxy.streams()}
            assert pins[f"cam{number}"] != first
    assert pair.proxy.request(f"/api/v1/origins/{first}/drain", "DELETE")[0] == 200


def test_kicked_session_ends(pair):
    with open_publisher(pair.proxy.rtmp_port, "kicked") as client:
        session = until(pair.proxy.sessions, "the session is listed")[0]
        status, text = pair.proxy.request(f"/api/v1/sessions/{session['id']}", "DELETE")
        assert status == 200, text
        client.wait_for_close(3)
    pair.proxy.wait_for_access(cause="kicked")


def test_bad_registration_changes_nothing(make_proxy):
    proxy = make_proxy()
    for body in ("", "{", "[]", '{"ip":"127.0.0.1"}',
                 '{"ip":"127.0.0.1","server":"s","service":"s","pid":"1","rtmp":["x:y:z"]}'):
        status, text = proxy.request("/api/v1/srs/register", "POST", body or " ")
        assert status == 400, f"{body}: {status} {text}"
    assert proxy.origins() == []
