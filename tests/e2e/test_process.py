"""The program itself: how it starts, checks its configuration, and stops."""

import json
import os
import signal
import socket
import subprocess
import time

import pytest

from lib import ports
from lib.proxy import DEFAULTS, merged
from lib.rtmp_client import RtmpClient, open_publisher
from lib.wait import until


def run(build, *arguments, cwd=None, env=None):
    """(exit code, all output) of the program."""
    done = subprocess.run([build.binary, *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, cwd=cwd, check=False,
                          env=env)
    return done.returncode, done.stdout


def test_version_and_help(build):
    code, text = run(build, "--version")
    assert code == 0 and text.strip()
    code, text = run(build, "--help")
    assert code == 0
    for option in ("--config", "--check-config", "--check-plugin", "--version"):
        assert option.lstrip("-") in text


def test_sample_configuration_is_good(build):
    root = os.path.join(os.path.dirname(__file__), "..", "..")
    code, text = run(build, "--config", os.path.join(root, "etc/proxy.yaml"), "--check-config")
    assert code == 0, text


def test_every_problem_is_told_with_its_place(build, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("router:\n  pin_idle_tl: 5s\nlog:\n  level: loud\n"
                    "protocols:\n  rtmp:\n    conect_timeout: 1s\n")
    code, text = run(build, "--config", str(path), "--check-config")
    assert code == 1
    assert "bad.yaml:2:3" in text and "pin_idle_ttl" in text, text
    assert "bad.yaml:4:" in text and "loud" in text, text
    assert "bad.yaml:7:5" in text and "connect_timeout" in text, text


def test_problems_of_plugins_and_origins_are_told_with_their_place(build, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("balancer:\n  strategy: round_robbin\n"
                    "origins:\n"
                    "  - {name: a, ip: 10.0.0.1, rtmp: ['1935']}\n"
                    "  - {name: b, ip: 10.0.0.2, rtmp: ['99999']}\n"
                    "protocols:\n  rtmp:\n    listn: []\n  none: {}\n")
    code, text = run(build, "--config", str(path), "--check-config")
    assert code == 1
    for place in ("bad.yaml:2:3: balancer.strategy", "bad.yaml:5:5: origins",
                  "bad.yaml:8:5: protocols.rtmp.listn", "bad.yaml:9:3: protocols.none"):
        assert place in text, text


def test_no_reason_for_not_starting_is_held_back(build, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("".join(f"unknown_{number}: 1\n" for number in range(30)))
    code, text = run(build, "--config", str(path))
    assert code != 0
    assert all(f"unknown_{number} " in text for number in range(30)), text


def test_missing_file_is_told(build, tmp_path):
    code, text = run(build, "--config", str(tmp_path / "none.yaml"), "--check-config")
    assert code == 1 and "none.yaml" in text


def test_unknown_balancer_stops_the_start(build, tmp_path):
    path = tmp_path / "proxy.yaml"
    path.write_text(json.dumps(merged(DEFAULTS, {"balancer": {"strategy": "round_robbin"}})))
    code, text = run(build, "--config", str(path))
    assert code != 0 and "round_robbin" in text, text


def test_taken_port_stops_the_start(build, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = tmp_path / "proxy.yaml"
        path.write_text(json.dumps(merged(
            DEFAULTS, {"protocols": {"rtmp": {"listen": [f"127.0.0.1:{port}"]}}})))
        code, text = run(build, "--config", str(path))
    assert code != 0 and str(port) in text, text


def test_every_installed_plugin_passes_its_check(build):
    folder = build.folder / "lib/srs-proxy"
    plugins = sorted(folder.glob("*/*.so"))
    assert {"round_robin.so", "random.so", "least_sessions.so", "consistent_hash.so",
            "rtmp.so"} <= {plugin.name for plugin in plugins}
    for plugin in plugins:
        code, text = run(build, "--check-plugin", str(plugin))
        assert code == 0, text
        assert plugin.stem in text


def test_a_file_that_is_no_plugin_fails_its_check(build, tmp_path):
    path = tmp_path / "text.so"
    path.write_text("not a library")
    code, text = run(build, "--check-plugin", str(path))
    assert code != 0 and "text.so" in text


@pytest.fixture
def environment():
    """The variables with which a Go proxy runs today, on free ports."""
    names = ("RTMP_SERVER", "HTTP_API", "HTTP_SERVER", "SYSTEM_API", "WEBRTC_SERVER", "SRT_SERVER")
    return {f"PROXY_{name}": str(ports.reserve()) for name in names}


def test_starts_from_the_environment_alone(make_proxy, make_nginx, environment):
    origin = make_nginx()
    proxy = make_proxy(with_file=False, env={
        **environment, "PROXY_DEFAULT_BACKEND_ENABLED": "on",
        "PROXY_DEFAULT_BACKEND_RTMP": str(origin.rtmp_port)})
    assert proxy.rtmp_port == int(environment["PROXY_RTMP_SERVER"])
    assert proxy.api_port == int(environment["PROXY_SYSTEM_API"])
    with open_publisher(proxy.rtmp_port, "env"):
        until(lambda: "env" in origin.streams(), "the default backend has the stream")


def test_reads_the_env_file_of_its_folder(make_proxy, environment, tmp_path):
    folder = tmp_path / "proxy0"
    folder.mkdir()
    (folder / ".env").write_text("".join(f"{name}={port}\n" for name, port in environment.items()))
    proxy = make_proxy(with_file=False)
    assert proxy.rtmp_port == int(environment["PROXY_RTMP_SERVER"])


def test_is_alive_and_ready(make_proxy):
    proxy = make_proxy()
    assert proxy.request("/healthz")[0] == 200
    assert proxy.request("/readyz")[0] == 200
    assert "# TYPE" in proxy.metrics()
    assert proxy.get("/api/v1/versions")
    assert proxy.request("/api/v1/versions", port=proxy.port("http_api"))[0] == 200


def test_explain_says_where_a_stream_would_go(pair):
    answer = pair.proxy.explain("rtmp://127.0.0.1/live/some?token=x")
    assert answer["stream"].endswith("live/some")
    assert len(answer["candidates"]) == 2
    assert answer["would_pick"] in {origin["id"] for origin in pair.proxy.origins()}
    with open_publisher(pair.proxy.rtmp_port, "some"):
        pinned = pair.proxy.explain("rtmp://127.0.0.1/live/some")["pinned_to"]
        assert pinned == pair.proxy.streams()[0]["origin"]


def test_stops_at_once_when_nothing_runs(make_proxy):
    proxy = make_proxy({"process": {"grace_quit_timeout": "10s", "force_quit_timeout": "20s"}})
    begin = time.monotonic()
    proxy.child.send_signal(signal.SIGTERM)
    assert proxy.child.wait_for_exit(9) == 0
    assert time.monotonic() - begin < 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_sessions_may_go_on_for_the_grace_time(make_proxy, make_nginx, register, number):
    proxy = make_proxy({"process": {"grace_quit_timeout": "3s", "force_quit_timeout": "10s"}})
    register(proxy, make_nginx())
    client = open_publisher(proxy.rtmp_port, "graced", timeout=10)
    begin = time.monotonic()
    port = proxy.rtmp_port
    proxy.child.send_signal(number)

    def refuses():
        try:
            RtmpClient(port, timeout=1).close()
        except OSError:
            return True
        return False
    until(refuses, "no new connection is accepted", timeout=2)
    assert time.monotonic() - begin < 2.5 and proxy.child.alive()
    client.wait_for_close(8)
    lasted = time.monotonic() - begin
    assert 2.5 < lasted < 8, f"the session lasted {lasted:.1f} s of a grace of 3 s"
    assert proxy.child.wait_for_exit(10) == 0
    assert proxy.access_log()[-1]["cause"] == "shutdown"


def test_ends_early_when_the_last_session_does(make_proxy, make_nginx, register):
    proxy = make_proxy({"process": {"grace_quit_timeout": "30s", "force_quit_timeout": "40s"}})
    register(proxy, make_nginx())
    client = open_publisher(proxy.rtmp_port, "short", timeout=10)
    proxy.child.send_signal(signal.SIGTERM)
    client.close()
    assert proxy.child.wait_for_exit(15) == 0
