"""What the end-to-end tests share: where the build is, servers that are stopped again, clips."""

import os
import re
import resource
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lib.heartbeat import Heartbeat  # noqa: E402
from lib.media import make_clip  # noqa: E402
from lib.origins import NginxRtmp, NodeMediaServer  # noqa: E402
from lib.proxy import Proxy  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SANITIZER_REPORT = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|\[fatal\]|terminate called")


def pytest_addoption(parser):
    parser.addoption("--build", default=os.environ.get("SRSPROXY_BUILD", str(ROOT / "build/dev")),
                     help="build folder with bin/srs-proxy (default: build/dev)")


def pytest_configure():
    # A thousand half-open connections need descriptors here as well; the proxy inherits it.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
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


@pytest.fixture
def make_proxy(build, tmp_path):
    """Starts proxies. At the end each must go in good order and without a sanitizer's report."""
    proxies = []

    def make(config=None, **more):
        proxy = Proxy(build.binary, tmp_path / f"proxy{len(proxies)}", config, **more)
        proxies.append(proxy)
        return proxy.start()

    yield make
    codes = [proxy.stop() for proxy in proxies]
    for proxy in proxies:
        text = Path(proxy.log_path).read_text("utf-8", "replace")
        assert not SANITIZER_REPORT.search(text), text
    assert all(code in (0, None) for code in codes), f"exit codes {codes}"


@pytest.fixture
def make_nginx(tmp_path):
    origins = []

    def make(**options):
        origin = NginxRtmp(tmp_path / f"nginx{len(origins)}", **options)
        origins.append(origin)
        return origin.start()

    yield make
    for origin in origins:
        origin.stop()


@pytest.fixture
def make_nms(tmp_path):
    origins = []

    def make(**options):
        origin = NodeMediaServer(tmp_path / f"nms{len(origins)}", **options)
        origins.append(origin)
        return origin.start()

    yield make
    for origin in origins:
        origin.stop()


@pytest.fixture(params=["nginx-rtmp", "node-media-server"])
def origin(request, make_nginx, make_nms):
    """One origin of each kind that we have."""
    return make_nginx() if request.param == "nginx-rtmp" else make_nms()


@pytest.fixture
def register():
    """Registers an origin at a proxy, and goes on doing so until the test ends."""
    beats = []

    def start(proxy, origin, server="origin-1", **options):
        beat = Heartbeat(proxy.api_port, server, origin.rtmp_port, kind=origin.kind, **options)
        beats.append(beat)
        return beat.start()

    yield start
    for beat in beats:
        beat.stop()


@pytest.fixture
def publish(tmp_path):
    """Starts ffmpeg publishers, all stopped at the end."""
    from lib.media import Publisher
    publishers = []

    def start(clip, url, **options):
        publisher = Publisher(clip, url, tmp_path, f"publisher{len(publishers)}", **options)
        publishers.append(publisher)
        return publisher

    yield start
    for publisher in publishers:
        publisher.stop()


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A moving test picture with sound, four seconds."""
    return make_clip(tmp_path_factory.mktemp("clips") / "moving.flv")


@pytest.fixture
def pair(make_proxy, make_nginx, register):
    """A proxy with two nginx-rtmp origins that are registered."""
    proxy = make_proxy()
    origins = [make_nginx(), make_nginx()]
    beats = [register(proxy, origin, f"origin-{number}")
             for number, origin in enumerate(origins, 1)]
    return SimpleNamespace(proxy=proxy, origins=origins, beats=beats)
