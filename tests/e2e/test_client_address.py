"""The client's own address: told to origins by the way that they understand, and taken from the
balancer before us when it may be trusted."""

from types import SimpleNamespace

import pytest

from lib import proxy_headers
from lib.fronts import HaProxy
from lib.hooks import Hooks
from lib.proxy import check_config
from lib.proxy_headers import GOOD
from lib.rtmp_client import RtmpClient, open_publisher, refused
from lib.wait import until

CLIENT = "127.0.0.2"  # the proxy's own connections come from 127.0.0.1


# --- to origins ------------------------------------------------------------------------------

def by_kind(kind, way):
    return {"protocols": {"rtmp": {"client_address": {kind: way}}}}


@pytest.mark.parametrize("way", ["none", "srs", "proxy_v1", "proxy_v2"])
def test_address_goes_the_way_that_is_set_for_the_kind(make_proxy, make_fake, register, way):
    proxy = make_proxy(by_kind("mediamtx", way))
    origin = make_fake(kind="mediamtx")
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "cam", source=CLIENT) as client:
        found = origin.publisher("cam").client_address
        host, port = client.socket.getsockname()
    assert found == {"none": ("none", "", 0), "srs": ("srs", host, 0)}.get(way, (way, host, port))


@pytest.mark.parametrize("kind, way", [("srs", "srs"), ("nginx-rtmp", "none"), ("generic", "none"),
                                       ("mediamtx", "none"), ("node-media-server", "none"),
                                       ("custom", "none")])
def test_default_of_each_kind(make_proxy, make_fake, register, kind, way):
    proxy = make_proxy()
    origin = make_fake(kind=kind)
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "cam", source=CLIENT):
        found = origin.publisher("cam").client_address
    assert found.way == way
    assert found.host == (CLIENT if way == "srs" else "")


@pytest.mark.parametrize("told", ["in the registration", "in the configuration"])
def test_origin_goes_before_its_kind(make_proxy, make_fake, register, told):
    origin = make_fake(kind="srs")
    if told == "in the registration":
        proxy = make_proxy()
        register(proxy, origin, client_address="proxy_v2")
    else:
        proxy = make_proxy({"origins": [
            {"name": "told", "ip": "127.0.0.1", "kind": "srs", "client_address": "proxy_v2",
             "rtmp": [str(origin.rtmp_port)]}]})
    with open_publisher(proxy.rtmp_port, "cam", source=CLIENT):
        found = origin.publisher("cam").client_address
    assert (found.way, found.host) == ("proxy_v2", CLIENT)


@pytest.mark.parametrize("way, found_way", [("proxy_v1", "proxy_v1"), ("proxy_v2", "proxy_v2"),
                                            ("srs", "none")])  # SRS's header has IPv4 only
def test_address_of_ipv6(make_proxy, make_fake, register, way, found_way):
    config = by_kind("generic", way)
    config["protocols"]["rtmp"]["listen"] = ["[::1]:0"]
    proxy = make_proxy(config)
    origin = make_fake()
    register(proxy, origin)
    with open_publisher(proxy.rtmp_port, "cam", host="::1") as client:
        found = origin.publisher("cam").client_address
        host, port = client.socket.getsockname()[:2]
    assert found.way == found_way
    assert (found.host, found.port) == (("", 0) if found_way == "none" else (host, port))


@pytest.fixture
def hooks():
    server = Hooks()
    yield server
    server.stop()


@pytest.mark.parametrize("role", ["publish", "play"])
def test_hook_of_nginx_is_told_the_client(make_proxy, make_nginx, register, hooks, role):
    proxy = make_proxy(by_kind("nginx-rtmp", "proxy_v1"))
    register(proxy, make_nginx(hook_url=hooks.url, proxy_protocol=True))
    with RtmpClient(proxy.rtmp_port, source=CLIENT) as client:
        client.connect()
        client.create_stream()
        assert (client.publish("cam") if role == "publish" else client.play("cam"))
        call = until(lambda: next(iter(hooks.calls), None), "nginx calls the hook")
    assert (call["call"], call["addr"]) == (role, CLIENT)


# --- from the balancer before us -------------------------------------------------------------

@pytest.fixture(scope="module")
def behind(shared, tmp_path_factory):
    """A proxy behind HAProxy, once for each version of the header."""
    proxy = shared.make_proxy({"protocols": {"rtmp": {
        "proxy_protocol_from": ["127.0.0.0/8"], "handshake_timeout": "2s",
        "client_address": {"generic": "proxy_v1"}}}})
    origin = shared.make_fake()
    shared.register(proxy, origin)
    fronts = {header: HaProxy(tmp_path_factory.mktemp(header), proxy.rtmp_port,
                              header=header).start()
              for header in ("send-proxy", "send-proxy-v2")}
    yield SimpleNamespace(proxy=proxy, origin=origin, fronts=fronts)
    for front in fronts.values():
        front.stop()


@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_client_behind_haproxy_is_known_by_its_own_address(behind, header):
    stream = f"by-{header}"
    with open_publisher(behind.fronts[header].port, stream, source=CLIENT) as client:
        host, port = client.socket.getsockname()
        session = next(session for session in behind.proxy.sessions()
                       if session["stream"].endswith(stream))
        assert session["client"] == f"{host}:{port}"
        assert behind.origin.publisher(stream).client_address == ("proxy_v1", host, port)
    entry = behind.proxy.wait_for_access(stream=session["stream"])
    assert entry["client"] == f"{host}:{port}"


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "byte by byte"])
@pytest.mark.parametrize("name", GOOD)
def test_header_names_the_client(behind, name, cut):
    header, expected = GOOD[name]
    with RtmpClient(behind.proxy.rtmp_port) as client:
        own = "%s:%d" % client.socket.getsockname()
        for piece in ([bytes([byte]) for byte in header] if cut else [header]):
            client.send(piece)
        client.connect()
        client.create_stream()
        client.publish("named")
        assert behind.proxy.sessions()[0]["client"] == (expected or own)
    behind.proxy.wait_for_no_sessions()


BAD_HEADERS = {
    "no header": b"\x03" + bytes(1536),
    "a bad address": proxy_headers.v1("PROXY TCP4 198.51.100.777 127.0.0.1 4711 1935"),
    "an endless line": b"PROXY TCP4 " + b"1" * 500,
    "a bad command": proxy_headers.v2(7, 0x11, proxy_headers.ipv4("198.51.100.7", 4711)),
    "a short body": proxy_headers.v2(1, 0x11, b"abc"),
}


@pytest.mark.parametrize("name", BAD_HEADERS)
def test_bad_header_is_refused(behind, name):
    with RtmpClient(behind.proxy.rtmp_port, source="127.0.0.3") as client:
        client.send(BAD_HEADERS[name])
        client.wait_for_close(3)  # at once, not when the time for the header is over
        own = "%s:%d" % client.socket.getsockname()
    behind.proxy.child.wait_for_output(rf"\[rtmp\] .*{own}\b.*(?i:proxy)")


def test_header_must_come_in_time(behind):
    with RtmpClient(behind.proxy.rtmp_port) as client:
        client.send(b"PROXY TCP4")
        client.wait_for_close(8)


@pytest.mark.parametrize("trusted", [[], ["10.0.0.0/8", "fc00::/7"]], ids=["nobody", "others"])
def test_header_from_elsewhere_is_refused(make_proxy, make_fake, register, trusted):
    proxy = make_proxy({"protocols": {"rtmp": {"proxy_protocol_from": trusted}}})
    register(proxy, make_fake())
    with RtmpClient(proxy.rtmp_port) as client:
        client.send(GOOD["v1 of IPv4"][0] + b"\x03" + bytes(1536))
        client.wait_for_close(2)
    proxy.wait_for_access(cause="protocol_error", side="client")
    assert "198.51.100.7" not in proxy.child.output()
    with open_publisher(proxy.rtmp_port, "cam"):  # needs no header
        pass


def test_limit_of_a_client_counts_the_address_of_the_header(make_proxy, make_fake, register):
    proxy = make_proxy({"protocols": {"rtmp": {"proxy_protocol_from": ["127.0.0.0/8"]}},
                        "limits": {"sessions_per_client": 1}})
    register(proxy, make_fake())

    def publisher(host):
        client = RtmpClient(proxy.rtmp_port)
        client.send(proxy_headers.v1(f"PROXY TCP4 {host} 127.0.0.1 4711 1935"))
        client.connect()
        client.create_stream()
        return client

    with publisher("198.51.100.1") as first, publisher("198.51.100.2") as second:
        assert first.publish("one")["code"] == "NetStream.Publish.Start"
        assert second.publish("two")["code"] == "NetStream.Publish.Start"
        with RtmpClient(proxy.rtmp_port) as third:
            third.send(proxy_headers.v1("PROXY TCP4 198.51.100.1 127.0.0.1 4712 1935"))
            third.wait_for_close(3)
    assert proxy.metric("srsproxy_sessions_refused_total", reason="client") == 1


@pytest.mark.parametrize("key, value, seen", [
    ("proxy_protocol_from", ["10.0.0.0/77"], "10.0.0.0/77"),
    ("client_address", {"srs": "xff"}, "xff"),
])
def test_bad_setting_is_told(build, tmp_path, key, value, seen):
    code, text = check_config(build.binary, tmp_path, {"protocols": {"rtmp": {key: value}}})
    assert code == 1 and f"protocols.rtmp.{key}" in text and seen in text, text


def test_client_that_says_nothing_behind_its_header_is_ended(behind):
    with RtmpClient(behind.proxy.rtmp_port) as client:
        client.send(GOOD["v1 of IPv4"][0])
        client.wait_for_close(4)
    behind.proxy.wait_for_no_sessions()


def test_registration_with_an_unknown_way_is_refused(make_proxy, make_fake):
    proxy = make_proxy()
    origin = make_fake()
    status, text = proxy.request("/api/v1/srs/register", "POST",
                                 '{"ip":"127.0.0.1","server":"s","service":"s","pid":"1",'
                                 f'"rtmp":["{origin.rtmp_port}"],"client_address":"xff"}}')
    assert status == 400 and "client_address" in text, text
    assert refused(proxy.rtmp_port, "cam")["level"] == "error"
