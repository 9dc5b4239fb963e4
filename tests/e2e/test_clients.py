"""Every family of clients with every kind of origin: the picture arrives, and moves."""

from types import SimpleNamespace

import pytest

from lib.clients import PLAYERS, PUBLISHERS, FfmpegPlayer
from lib.wait import until

ORIGINS = ("nginx-rtmp", "node-media-server")


@pytest.fixture(scope="module")
def fronts(shared, clip):
    """For each kind of origin a proxy in front of it; `shown` is published there all the time."""
    found = {}
    for kind in ORIGINS:
        front = SimpleNamespace(proxy=shared.make_proxy(),
                                origin=shared.make_nginx() if kind == "nginx-rtmp"
                                else shared.make_nms())
        shared.register(front.proxy, front.origin)
        shared.publish(clip, front.proxy.url("shown"))
        found[kind] = front
    for front in found.values():
        until(lambda streams=front.origin.streams: "shown" in streams(), "the clip is published")
    return found


@pytest.mark.parametrize("kind", ORIGINS)
@pytest.mark.parametrize("client", PUBLISHERS)
def test_published_picture_arrives(fronts, kind, client, clip, tmp_path):
    front = fronts[kind]
    with PUBLISHERS[client](clip, front.proxy.url(client), tmp_path, "publisher") as publisher:
        until(lambda: client in front.origin.streams(), publisher.output)
        with FfmpegPlayer(front.proxy.url(client), tmp_path) as player:
            player.assert_moves()
    until(lambda: client not in front.origin.streams(), "the origin hears of its end")


@pytest.mark.parametrize("kind", ORIGINS)
@pytest.mark.parametrize("client", PLAYERS)
def test_played_picture_arrives(fronts, kind, client, tmp_path):
    with PLAYERS[client](fronts[kind].proxy.url("shown"), tmp_path, client) as player:
        player.assert_moves()
