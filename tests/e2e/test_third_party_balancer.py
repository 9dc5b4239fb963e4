"""examples/lb_plugin as a stranger builds it: against the installed SDK, outside our tree."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.rtmp_client import open_publisher

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/lb_plugin"


def check(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, check=False, **options)
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(build, tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed") / "usr"
    check("cmake", "--install", build.folder, "--prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("stranger") / "lb_plugin"))


def test_installation_is_complete(installed):
    for part in ("bin/srs-proxy", "etc/srs-proxy/proxy.yaml", "lib/srs-proxy/protocol/rtmp.so",
                 "lib/srs-proxy/lb/round_robin.so", "include/srsproxy/balancer.h"):
        assert (installed / part).exists(), part
    done = subprocess.run([installed / "bin/srs-proxy", "--config",
                           installed / "etc/srs-proxy/proxy.yaml", "--check-config"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_example_built_with_cmake_is_used(installed, source, build, make_proxy, make_nginx,
                                          tmp_path):
    check("cmake", "-S", source, "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={installed}")
    check("cmake", "--build", tmp_path / "b")
    plugin = tmp_path / "b/zone_first.so"
    check(build.binary, "--check-plugin", plugin)

    far, near = make_nginx(), make_nginx()
    proxy = make_proxy({
        "balancer": {"strategy": str(plugin), "options": {"zone": "near"}},
        "origins": [
            {"name": "a-far", "ip": "127.0.0.1", "zone": "far", "rtmp": [str(far.rtmp_port)]},
            {"name": "b-near", "ip": "127.0.0.1", "zone": "near", "rtmp": [str(near.rtmp_port)]},
        ]})
    clients = [open_publisher(proxy.rtmp_port, f"cam{number}") for number in range(4)]
    assert near.streams() == {f"cam{number}" for number in range(4)}
    assert far.streams() == set()
    for client in clients:
        client.close()


def test_example_builds_with_pkg_config(installed, source, build, tmp_path):
    folders = [str(path.parent) for path in installed.rglob("srsproxy.pc")]
    assert folders, "no srsproxy.pc is installed"
    flags = {}
    for kind in ("--cflags", "--libs"):
        flags[kind] = check("pkg-config", kind, "srsproxy",
                            env={**os.environ, "PKG_CONFIG_PATH": ":".join(folders)}).split()
    plugin = tmp_path / "zone_first.so"
    check("g++", "-std=c++11", "-O2", "-shared", "-fPIC", *flags["--cflags"],
          source / "zone_first.cpp", "-o", plugin, *flags["--libs"])
    check(build.binary, "--check-plugin", plugin)
