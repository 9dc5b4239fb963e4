"""Many sessions, whole and half: descriptors and memory come back."""

import socket
from concurrent.futures import ThreadPoolExecutor

from lib.rtmp_client import AVC_HEADER, AVC_KEY_FRAME, open_publisher
from lib.wait import until

SESSIONS = 500
HALF_OPEN = 1000
IN_PARALLEL = 8


def allowed_growth_kib(build):
    # A sanitizer keeps freed memory for a while, and its own tables grow.
    return 65_536 if build.sanitized else 8_192


def publish_shortly(proxy, number):
    with open_publisher(proxy.rtmp_port, f"soak{number}", timeout=20) as client:
        client.send_video(0, AVC_HEADER)
        for frame in range(5):
            client.send_video(40 * frame, AVC_KEY_FRAME)


def publish_many(proxy, first, count):
    with ThreadPoolExecutor(IN_PARALLEL) as pool:
        list(pool.map(lambda number: publish_shortly(proxy, number), range(first, first + count)))


def test_descriptors_and_memory_come_back_after_many_sessions(build, make_proxy, make_nginx,
                                                              register):
    proxy = make_proxy({"router": {"pin_idle_ttl": "1s"}})
    for number in range(2):
        register(proxy, make_nginx(), f"origin-{number}")
    publish_many(proxy, 0, 50)  # what is made once only is made now
    proxy.wait_for_no_sessions()
    descriptors = proxy.child.descriptors()
    memory = proxy.child.resident_kib()

    publish_many(proxy, 50, SESSIONS)
    proxy.wait_for_no_sessions()
    until(lambda: proxy.child.descriptors() <= descriptors + 4,
          lambda: f"{descriptors} descriptors before, {proxy.child.descriptors()} after")
    until(lambda: not proxy.streams(), lambda: f"pins are left: {len(proxy.streams())}")
    until(lambda: proxy.child.resident_kib() <= memory + allowed_growth_kib(build),
          lambda: f"{memory} KiB before, {proxy.child.resident_kib()} KiB after")
    until(lambda: len(proxy.access_log()) == 50 + SESSIONS,
          lambda: f"one access line for each session; {len(proxy.access_log())} lines")


def test_half_open_connections_are_ended(build, make_proxy, make_nginx, register):
    proxy = make_proxy({"protocols": {"rtmp": {"handshake_timeout": "3s"}}})
    origin = make_nginx()
    register(proxy, origin)
    publish_many(proxy, 0, 20)
    proxy.wait_for_no_sessions()
    descriptors = proxy.child.descriptors()
    memory = proxy.child.resident_kib()

    connections = []
    for number in range(HALF_OPEN):
        connection = socket.create_connection(("127.0.0.1", proxy.rtmp_port), 5)
        connection.sendall((b"", b"\x03", b"\x03" + bytes(1000), b"\x03" + bytes(1536))[number % 4])
        connections.append(connection)
    publish_shortly(proxy, 1)  # others are served meanwhile
    until(lambda: proxy.child.descriptors() <= descriptors + 4,
          lambda: f"{descriptors} descriptors before, {proxy.child.descriptors()} after", timeout=20)
    until(lambda: proxy.child.resident_kib() <= memory + allowed_growth_kib(build),
          lambda: f"{memory} KiB before, {proxy.child.resident_kib()} KiB after")
    for connection in connections:
        connection.close()
    publish_shortly(proxy, 2)
