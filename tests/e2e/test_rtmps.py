"""RTMP inside TLS: from clients, and to origins."""

import json
import random
import re
import ssl
import subprocess
import threading
from types import SimpleNamespace

import pytest

from lib import ports
from lib.certificates import Authority, shown_by
from lib.clients import FfmpegPlayer, GstPublisher, RtmpDumpPlayer
from lib.fronts import TlsFront
from lib.media import PacketRecorder, Publisher, ffmpeg_error
from lib.proxy import DEFAULTS, merged
from lib.rtmp_client import RtmpClient, open_publisher, refused
from lib.rtmp_wire import VIDEO
from lib.wait import until


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def tls_listener(*certificates, **more):
    """(port, the configuration of a proxy that takes RTMPS there)."""
    port = ports.reserve()
    return port, {"protocols": {"rtmp": {"tls": {
        "listen": [f"127.0.0.1:{port}"], "reload_interval": "1s",
        "certificates": [{"certificate": each.certificate, "key": each.key}
                         for each in certificates], **more}}}}


def any_certificate():
    """A client's TLS that verifies nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.fixture(scope="module")
def front(shared, authority):
    """A proxy that takes RTMPS with two certificates, in front of nginx-rtmp."""
    first = authority.issue("first", "first.example", "127.0.0.1")
    second = authority.issue("second", "second.example", "*.second.example")
    port, config = tls_listener(first, second)
    proxy, origin = shared.make_proxy(config), shared.make_nginx()
    shared.register(proxy, origin)
    return SimpleNamespace(proxy=proxy, origin=origin, port=port, first=first, second=second,
                           url=lambda stream: f"rtmps://127.0.0.1:{port}/live/{stream}")


PUBLISHERS = {
    "ffmpeg": Publisher,
    "rtmp2sink": lambda _, url, folder: GstPublisher("rtmp2sink tls-validation-flags=0", url,
                                                     folder, "rtmp2sink"),
}


@pytest.mark.parametrize("client", PUBLISHERS)
def test_publish_and_play_over_tls(front, authority, clip, tmp_path, client):
    with PUBLISHERS[client](clip, front.url(client), tmp_path) as publisher:
        until(lambda: client in front.origin.streams(), publisher.output)
        verify = ["-tls_verify", "1", "-ca_file", authority.file]
        with FfmpegPlayer(front.url(client), tmp_path, options=verify) as ffmpeg, \
                RtmpDumpPlayer(front.url(client), tmp_path) as rtmpdump:
            for player in (ffmpeg, rtmpdump):
                player.assert_moves()


def test_bytes_are_the_same_behind_tls(front, shared):
    """Messages of all sizes, as fast as they go."""
    origin = shared.make_fake()
    port, config = tls_listener(front.first)
    proxy = shared.make_proxy(config)
    shared.register(proxy, origin)
    source = random.Random(7)
    sent = [b"\x27\x01" + source.randbytes(source.randrange(60_000)) for _ in range(300)]

    with open_publisher(port, "up", tls=any_certificate()) as client:
        for timestamp, payload in enumerate(sent):
            client.send_video(timestamp, payload)
        got = origin.publisher("up").wait_for_media(len(sent))
    assert [message.payload for message in got] == sent

    with RtmpClient(port, tls=any_certificate()) as client:
        client.connect()
        client.create_stream()
        client.start_play("down")
        peer = origin.player("down")
        stream_id = next(iter(peer.played))

        def show():
            for timestamp, payload in enumerate(sent):
                peer.write(VIDEO, payload, stream_id, timestamp, chunk_stream=6)
        threading.Thread(target=show, daemon=True).start()
        got = [client.wait_for_video() for _ in range(len(sent) + 2)]
    assert [message.payload for message in got[2:]] == sent


def test_client_is_held_back_as_over_plain_tcp(front, shared):
    """The origin stops reading: what the proxy takes in meanwhile is bounded."""
    port, config = tls_listener(front.first)
    patient = {"protocols": {"rtmp": {"resume": "off", "origin_timeout": "30s",
                                      "idle_timeout": "30s"}}}
    proxy = shared.make_proxy(merged(config, patient))
    shared.register(proxy, shared.make_fake(stop_after="publish", how="silent"))
    message = b"\x27\x01" + bytes(1_000_000)
    with open_publisher(port, "held", tls=any_certificate()) as client:
        client.socket.settimeout(2)
        with pytest.raises(TimeoutError):
            for _ in range(200):
                client.send_video(0, message)
        assert proxy.sessions()[0]["bytes"]["from_client"] < 50_000_000


def test_server_name_chooses_the_certificate(front):
    for name, certificate in (("first.example", front.first), ("second.example", front.second),
                              ("x.second.example", front.second), ("SECOND.example", front.second),
                              ("unknown.example", front.first), (None, front.first)):
        assert shown_by(front.port, name) == certificate.fingerprint(), name


def test_plain_rtmp_on_the_tls_port_is_refused_in_words(front):
    with RtmpClient(front.port) as client:
        client.send(b"\x03" + bytes(1536))
        client.wait_for_close(3)
    entry = front.proxy.wait_for_access(cause="protocol_error", side="client")
    assert "TLS" in entry["detail"], entry


def test_tls_handshake_must_end_in_time(make_proxy, authority):
    certificate = authority.issue("slow", "127.0.0.1")
    port, config = tls_listener(certificate)
    proxy = make_proxy(merged(config, {"protocols": {"rtmp": {"handshake_timeout": "1s"}}}))
    with RtmpClient(port) as client:
        client.send(bytes.fromhex("16030100a5010000a10303"))  # the beginning of a ClientHello
        client.wait_for_close(4)
    proxy.wait_for_access(cause="timeout", side="client")
    proxy.wait_for_no_sessions()


def test_older_tls_than_allowed_is_refused(make_proxy, authority):
    certificate = authority.issue("modern", "127.0.0.1")
    port, config = tls_listener(certificate, min_version="1.3")
    make_proxy(config)
    assert shown_by(port, None, "-tls1_3") == certificate.fingerprint()
    assert shown_by(port, None, "-tls1_2") is None


def test_new_certificate_is_used_and_running_streams_go_on(make_proxy, make_nginx, register,
                                                           authority, clip, tmp_path):
    certificate = authority.issue("renewed", "127.0.0.1")
    newer = authority.issue("newer", "127.0.0.1")
    before = certificate.fingerprint()
    port, config = tls_listener(certificate)
    proxy, origin = make_proxy(config), make_nginx()
    register(proxy, origin)
    url = f"rtmps://127.0.0.1:{port}/live/cam"
    with Publisher(clip, url, tmp_path) as publisher:
        until(lambda: "cam" in origin.streams(), publisher.output)
        with PacketRecorder(url, tmp_path, "player") as player:
            player.wait_for(10)
            sessions = {session["id"] for session in proxy.sessions()}
            assert shown_by(port) == before
            certificate.replace(newer)
            until(lambda: shown_by(port) == newer.fingerprint(), "the new certificate is shown")
            player.wait_for(len(player.packets()) + 20)
            assert {session["id"] for session in proxy.sessions()} == sessions


def test_bad_new_certificate_is_told_and_not_used(make_proxy, authority):
    certificate = authority.issue("spoilt", "127.0.0.1")
    before = certificate.fingerprint()
    port, config = tls_listener(certificate)
    proxy = make_proxy(config)
    with open(certificate.certificate, "w") as file:
        file.write("no certificate\n")
    proxy.child.wait_for_output(rf"\[rtmp\].*{re.escape(certificate.certificate)}")
    assert shown_by(port) == before


def test_missing_certificate_stops_the_start(build, tmp_path, authority):
    certificate = authority.issue("lost", "127.0.0.1")
    certificate.certificate = str(tmp_path / "nowhere.crt")
    _, config = tls_listener(certificate)
    path = tmp_path / "proxy.yaml"
    path.write_text(json.dumps(merged(DEFAULTS, config)))
    done = subprocess.run([build.binary, "--config", path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=30, check=False)
    assert done.returncode != 0 and "nowhere.crt" in done.stdout, done.stdout


# --- to origins ------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def secured(shared, authority, tmp_path_factory):
    """nginx-rtmp, and nginx in front of it that takes TLS connections only."""
    origin = shared.make_nginx()
    folder = tmp_path_factory.mktemp("tls")
    certificate = authority.issue("origin", "origin.example", "127.0.0.1")
    tls = TlsFront(folder, origin.rtmp_port, certificate=certificate).start()
    named = TlsFront(folder / "named", origin.rtmp_port,
                     certificate=authority.issue("named", "origin.example")).start()
    yield SimpleNamespace(origin=origin, by_address=tls, by_name=named)
    tls.stop()
    named.stop()


def secure_origin(front, **origin_tls):
    return {"protocols": {"rtmp": {"origin_tls": origin_tls}},
            "origins": [{"name": "secure", "ip": "127.0.0.1", "kind": "nginx-rtmp",
                         "rtmp": [f"tls://127.0.0.1:{front.port}"]}]}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that has issued nothing."""
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


GOOD = {
    "the origin's address is in its certificate": ("by_address", "authority", {}),
    "the name to expect is set": ("by_name", "authority", {"server_name": "origin.example"}),
    "nothing is verified": ("by_name", "stranger", {"verify": "off"}),
}
BAD = {
    "another authority": ("by_address", "stranger", {}),
    "the address is not in the certificate": ("by_name", "authority", {}),
    "another name": ("by_name", "authority", {"server_name": "other.example"}),
}


def proxy_for(row, secured, make_proxy, request):
    front, ca, options = row
    return make_proxy(secure_origin(getattr(secured, front),
                                    ca_file=request.getfixturevalue(ca).file, **options))


@pytest.mark.parametrize("name", GOOD)
def test_stream_goes_to_a_tls_origin(secured, make_proxy, request, clip, tmp_path, name):
    proxy = proxy_for(GOOD[name], secured, make_proxy, request)
    with Publisher(clip, proxy.url("cam"), tmp_path) as publisher:
        until(lambda: "cam" in secured.origin.streams(), publisher.output)
        with FfmpegPlayer(proxy.url("cam"), tmp_path) as player:
            player.wait_for_pictures(10)
    until(lambda: not secured.origin.streams(), "the origin hears of its end")


@pytest.mark.parametrize("name", BAD)
def test_tls_origin_of_wrong_identity_gets_nothing(secured, make_proxy, request, name):
    proxy = proxy_for(BAD[name], secured, make_proxy, request)
    status = refused(proxy.rtmp_port, "cam", timeout=8)
    assert status and status["level"] == "error", status
    proxy.child.wait_for_output(r"\[rtmp\].*certificate")
    proxy.wait_for_access(cause="origin_failed")


def test_origin_that_does_not_speak_tls_is_told(secured, make_proxy, authority):
    plain = SimpleNamespace(port=secured.origin.rtmp_port)
    proxy = make_proxy(secure_origin(plain, ca_file=authority.file))
    assert refused(proxy.rtmp_port, "cam", timeout=8)["level"] == "error"
    entry = proxy.wait_for_access(cause="origin_failed")
    assert entry["side"] == "proxy" or entry["side"] == "origin"
    proxy.child.wait_for_output(r"\[rtmp\].*TLS")


def test_system_authorities_do_not_know_ours(secured, make_proxy):
    """Verification is on by default, with the authorities of the system."""
    proxy = make_proxy(secure_origin(secured.by_address))
    assert refused(proxy.rtmp_port, "cam", timeout=8)["level"] == "error"
    proxy.child.wait_for_output(r"\[rtmp\].*certificate")


def test_ffmpeg_is_told_that_no_origin_could_be_used(secured, make_proxy, clip, stranger):
    proxy = make_proxy(secure_origin(secured.by_address, ca_file=stranger.file))
    code, error = ffmpeg_error(["-re", "-i", clip, "-c", "copy", "-f", "flv", proxy.url("cam")])
    assert code != 0 and "Server error" in error, error
