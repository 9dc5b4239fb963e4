"""The ways from client to origin that are compared: none, HAProxy, nginx, srs-proxy."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

HOST = "127.0.0.1"
NGINX_STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
MAX_CONNECTIONS = 8000  # two descriptors each; a hard limit of 20000 is common

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
defaults
    mode tcp
    timeout connect 3s
    timeout client 1h
    timeout server 1h
frontend clients
    bind {host}:{port}
    default_backend origins
backend origins
    server origin {host}:{origin}
"""

NGINX = """\
load_module {module};
user root;
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 16000; }}
stream {{
    server {{
        listen {host}:{port};
        proxy_pass {host}:{origin};
        proxy_connect_timeout 3s;
        proxy_timeout 1h;
    }}
}}
"""

SRS_PROXY = """\
process:
  event_loops: {loops}
log:
  level: warning
  file: {folder}/srs-proxy.log
system_api:
  listen: ["{host}:{api}"]
http_api:
  listen: []
origins:
  - name: origin
    ip: {host}
    rtmp: ["{origin}"]
protocols:
  rtmp:
    listen: ["{host}:{port}"]
    idle_timeout: 1h
    resume: {resume}
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def is_listening(port):
    """From the kernel's table: a connection to find out would be work for the proxy."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(wanted) and fields[3] == "0A":
                return True
    return False


def child_setup(cpus):
    """For preexec_fn: on these CPUs, and gone when we are."""
    libc = ctypes.CDLL(None)

    def setup():
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if cpus:
            os.sched_setaffinity(0, cpus)
    return setup


class Way:
    """A way to the origin, started afresh for each measurement."""

    name = "direct"

    def __init__(self, cpus, folder):
        self.cpus = cpus
        self.folder = folder
        self.process = None
        self.port, self.origin, self.api = free_ports(3)

    def command(self):
        return None

    def pids(self):
        return [self.process.pid] if self.process else []

    def __enter__(self):
        command = self.command()
        if command is None:
            self.port = self.origin
            return self
        said = self.folder / f"{self.name}.out"
        with open(said, "wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT,
                                            preexec_fn=child_setup(self.cpus))
        deadline = time.monotonic() + 10
        while not is_listening(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self.name} does not listen; it said: "
                                   + said.read_text("utf-8", "replace")[-2000:].strip())
            time.sleep(0.02)
        time.sleep(0.3)  # the rest of its start is not measured
        return self

    def __exit__(self, *_):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def write_config(self, name, text, **more):
        path = self.folder / name
        path.write_text(text.format(host=HOST, port=self.port, origin=self.origin, api=self.api,
                                    folder=self.folder, connections=MAX_CONNECTIONS, **more))
        return str(path)


class Direct(Way):
    pass


class HaProxy(Way):
    name = "haproxy"

    def command(self):
        return ["haproxy", "-db", "-f", self.write_config("haproxy.cfg", HAPROXY)]


class Nginx(Way):
    name = "nginx"

    def command(self):
        config = self.write_config("nginx.conf", NGINX, module=NGINX_STREAM)
        return ["nginx", "-c", config, "-e", str(self.folder / "nginx.log")]

    def pids(self):
        """The worker: the master only watches it."""
        master = self.process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(pid) for pid in children]


class SrsProxy(Way):
    """As delivered: what publishers sent since the last key frame is kept, to resume with."""
    name = "srs-proxy"
    binary = None
    loops = 1
    resume = "on"

    def command(self):
        return [str(self.binary), "-c",
                self.write_config("proxy.yaml", SRS_PROXY, loops=self.loops, resume=self.resume)]


class SrsProxyNoResume(SrsProxy):
    """With `resume: off`: relays only, as the others do."""
    name = "no-resume"
    resume = "off"


WAYS = {each.name: each for each in (Direct, HaProxy, Nginx, SrsProxy, SrsProxyNoResume)}


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except FileNotFoundError:
        return None
    return (done.stdout + done.stderr).strip().splitlines()[0]


def install_missing():
    """HAProxy and nginx with its stream module, from Debian."""
    missing = []
    if first_line("haproxy", "-v") is None:
        missing.append("haproxy")
    if first_line("nginx", "-v") is None or not NGINX_STREAM.exists():
        missing += ["nginx", "libnginx-mod-stream"]
    if missing:
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *missing],
                       check=True, stdout=subprocess.DEVNULL)
