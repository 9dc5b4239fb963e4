"""What the end-to-end tests share: where the build is, servers that are stopped again, clips."""

import os
import re
import resource
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lib.fake_origin import FakeOrigin  # noqa: E402
from lib.heartbeat import Heartbeat  # noqa: E402
from lib.media import Publisher, make_clip  # noqa: E402
from lib.origins import NginxRtmp, NodeMediaServer  # noqa: E402
from lib.proxy import Proxy  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|\[fatal\]|terminate called")


def pytest_addoption(parser):
    parser.addoption("--build", default=os.environ.get("SRSPROXY_BUILD", str(ROOT / "build/dev")),
                     help="build folder with bin/srs-proxy (default: build/dev)")


def pytest_configure():
    # Ten thousand connections need descriptors here as well; the proxy inherits it.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16384 if hard == resource.RLIM_INFINITY else min(16384, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@pytest.fixture(scope="session")
def build(request):
    """The build under test: its folder, its program, and whether it is a sanitizer's."""
    folder = Path(request.config.getoption("--build")).resolve()
    binary = folder / "bin/srs-proxy"
    assert binary.exists(), f"{binary} is not there: build it, or name a build with --build"
    program = binary.read_bytes()
    sanitized = any(mark in program for mark in (b"__asan_init", b"__tsan_init"))
    return SimpleNamespace(folder=folder, binary=binary, sanitized=sanitized)


def _proxies(build, folder):
    """Starts proxies. At the end each must go in good order and without a sanitizer's report."""
    proxies = []

    def make(config=None, **more):
        proxy = Proxy(build.binary, folder / f"proxy{len(proxies)}", config, **more)
        proxies.append(proxy)
        return proxy.start()

    yield make
    codes = [proxy.stop() for proxy in proxies]
    for proxy in proxies:
        text = Path(proxy.log_path).read_text("utf-8", "replace")
        assert not SANITIZER_REPORT.search(text), text
    assert all(code in (0, None) for code in codes), f"exit codes {codes}"


def _servers(folder, server, stem):
    """Starts servers that have a folder each, all stopped at the end."""
    servers = []

    def make(*args, **options):
        servers.append(server(folder / f"{stem}{len(servers)}", *args, **options))
        return servers[-1].start()

    yield make
    for running in servers:
        running.stop()


def _fakes():
    fakes = []

    def make(**options):
        fakes.append(FakeOrigin(**options))
        return fakes[-1].start()

    yield make
    for fake in fakes:
        fake.die()


def _heartbeats():
    """Registers an origin at a proxy, and goes on doing so until the end."""
    beats = []

    def start(proxy, origin, server="origin-1", **options):
        beat = Heartbeat(proxy.api_port, server, origin.rtmp_port, kind=origin.kind, **options)
        beats.append(beat)
        return beat.start()

    yield start
    for beat in beats:
        beat.stop()


def _publishers(folder):
    """Starts ffmpeg publishers, all stopped at the end."""
    publishers = []

    def start(clip, url, **options):
        publisher = Publisher(clip, url, folder, f"publisher{len(publishers)}", **options)
        publishers.append(publisher)
        return publisher

    yield start
    for publisher in publishers:
        publisher.stop()


@pytest.fixture
def make_proxy(build, tmp_path):
    yield from _proxies(build, tmp_path)


@pytest.fixture
def make_nginx(tmp_path):
    yield from _servers(tmp_path, NginxRtmp, "nginx")


@pytest.fixture
def make_nms(tmp_path):
    yield from _servers(tmp_path, NodeMediaServer, "nms")


@pytest.fixture
def make_fake():
    yield from _fakes()


@pytest.fixture
def register():
    yield from _heartbeats()


@pytest.fixture
def publish(tmp_path):
    yield from _publishers(tmp_path)


@pytest.fixture(scope="module")
def shared(build, tmp_path_factory):
    """The same makers, for what the tests of a module have in common."""
    folder = tmp_path_factory.mktemp("shared")
    with ExitStack() as stack:
        def enter(maker, *args):
            return stack.enter_context(contextmanager(maker)(*args))
        yield SimpleNamespace(
            make_proxy=enter(_proxies, build, folder),
            make_nginx=enter(_servers, folder, NginxRtmp, "nginx"),
            make_nms=enter(_servers, folder, NodeMediaServer, "nms"),
            make_fake=enter(_fakes), register=enter(_heartbeats),
            publish=enter(_publishers, folder))


@pytest.fixture(params=["nginx-rtmp", "node-media-server"])
def origin(request, make_nginx, make_nms):
    """One origin of each kind that we have."""
    return make_nginx() if request.param == "nginx-rtmp" else make_nms()


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A moving test picture with sound, four seconds."""
    return make_clip(tmp_path_factory.mktemp("clips") / "moving.flv")


@pytest.fixture
def two(make_proxy, make_fake, register):
    """Starts a proxy with these settings of RTMP, and two origins of our own. The first stream
    goes to the first. An origin that refused connections is soon asked again."""
    def start(**settings):
        proxy = make_proxy({"registry": {"eject_base": "100ms", "eject_max": "100ms"},
                            "protocols": {"rtmp": {"resume": "on", **settings}}})
        origins = [make_fake(), make_fake()]
        for number, origin in enumerate(origins):
            register(proxy, origin, f"origin-{number}")
        return proxy, origins
    return start


@pytest.fixture
def pair(make_proxy, make_nginx, register):
    """A proxy with two nginx-rtmp origins that are registered."""
    proxy = make_proxy()
    origins = [make_nginx(), make_nginx()]
    for number, origin in enumerate(origins, 1):
        register(proxy, origin, f"origin-{number}")
    return SimpleNamespace(proxy=proxy, origins=origins)
