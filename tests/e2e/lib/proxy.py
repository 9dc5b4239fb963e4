"""srs-proxy itself, with a configuration of its own in a folder of its own."""

import copy
import json
import os
import re
import shlex
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from .child import Child
from .wait import until

#: Everything on loopback, on ports that the system chooses, and quick to see a change.
DEFAULTS = {
    "process": {"event_loops": 2, "grace_quit_timeout": "2s", "force_quit_timeout": "5s"},
    "log": {"level": "info"},
    "system_api": {"listen": ["127.0.0.1:0"]},
    "http_api": {"listen": ["127.0.0.1:0"]},
    "router": {"pin_idle_ttl": "2s"},
    "protocols": {"rtmp": {"listen": ["127.0.0.1:0"], "connect_timeout": "1s",
                           "origin_timeout": "2s", "handshake_timeout": "5s"}},
}

_START_TIMEOUT = 30  # a sanitizer build under load


def merged(base, changes):
    """A copy of `base` in which the mappings of `changes` are merged in."""
    result = copy.deepcopy(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = copy.deepcopy(value)
    return result


def check_config(binary, folder, config):
    """(exit code, all output) of --check-config for `config` merged into DEFAULTS."""
    path = os.path.join(str(folder), "checked.yaml")
    with open(path, "w") as file:
        json.dump(merged(DEFAULTS, config), file)
    done = subprocess.run([str(binary), "--config", path, "--check-config"], timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          env=_clean_environment())
    return done.returncode, done.stdout


class Proxy:
    def __init__(self, binary, folder, config=None, env=None, with_file=True):
        """`config` is merged into DEFAULTS; without a file only `env` says what to do."""
        self.binary = str(binary)
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.log_path = os.path.join(self.folder, "proxy.log")
        self.env = {**_clean_environment(), **(env or {})}
        self._arguments = []
        if with_file:
            path = os.path.join(self.folder, "proxy.yaml")
            with open(path, "w") as file:
                json.dump(merged(DEFAULTS, config or {}), file, indent=2)  # JSON is YAML
            self._arguments = ["--config", path]
        self.child = None

    def start(self):
        self.child = Child([self.binary, *self._arguments], self.log_path, cwd=self.folder,
                           env=self.env)
        self.child.wait_for_output(r"\[process\] ready", _START_TIMEOUT)
        return self

    def stop(self, timeout=20):
        if not self.child:
            return None
        code = self.child.stop(signal.SIGTERM, timeout)
        self.child = None
        return code

    def kill(self):
        self.child.kill()
        self.child = None

    @property
    def pid(self):
        return self.child.pid

    # Where it listens

    def port(self, source):
        """The port of the `listening on` line of that log source."""
        match = self.child.wait_for_output(rf"\[{source}\] listening on \S*:(\d+)")
        return int(match.group(1))

    @property
    def rtmp_port(self):
        return self.port("rtmp")

    @property
    def api_port(self):
        return self.port("system_api")

    def url(self, stream, app="live"):
        return f"rtmp://127.0.0.1:{self.rtmp_port}/{app}/{stream}"

    # Its API

    def request(self, path, method="GET", body=None, port=None, headers=None):
        """(HTTP status, text)."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{port or self.api_port}{path}", method=method,
            data=None if body is None else body.encode(),
            headers=headers or ({"Content-Type": "application/json"} if body else {}))
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def get(self, path):
        status, text = self.request(path)
        assert status == 200, f"GET {path}: {status} {text}"
        return json.loads(text)

    def entries(self, name):
        """The list in the answer of /api/v1/<name>."""
        answer = self.get(f"/api/v1/{name}")
        return answer if isinstance(answer, list) else answer[name]

    def origins(self):
        return self.entries("origins")

    def streams(self):
        return self.entries("streams")

    def sessions(self):
        return self.entries("sessions")

    def explain(self, url):
        return self.get("/api/v1/explain?url=" + urllib.parse.quote(url, safe=""))

    def metrics(self):
        status, text = self.request("/metrics")
        assert status == 200, text
        return text

    def metric(self, name, **labels):
        """The sum of the series of that name which have these labels; None when there is none."""
        values = [float(value) for found, value in
                  re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", self.metrics(), re.MULTILINE)
                  if labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', found)).items()]
        return sum(values) if values else None

    def resumes(self):
        """(metric, log lines): each stream that went on at another origin is one of both."""
        return (self.metric("srsproxy_rtmp_resumes_total", result="resumed") or 0,
                len(re.findall(r"\[rtmp\].*\bthe (?:publish|play) went on at\b",
                               self.child.output())))

    # Its access log

    def access_log(self):
        """One dict of key=value fields for each session that ended."""
        lines = re.findall(r"\[access\](.*)$", self.child.output(), re.MULTILINE)
        return [_fields(line) for line in lines]

    def wait_for_access(self, timeout=10, **fields):
        """The first access-log line with those fields."""
        def look():
            for entry in self.access_log():
                if all(entry.get(key) == value for key, value in fields.items()):
                    return entry
            return None
        return until(look, lambda: f"an access line with {fields} in\n{self.child.output()}",
                     timeout)

    def wait_for_no_sessions(self, timeout=15):
        def none_left():
            try:
                return not self.sessions()
            except ConnectionError:
                return False  # a crowd of others is at the API: asked again
        until(none_left, lambda: f"no session left of {self.sessions()}", timeout)


def _clean_environment():
    return {key: value for key, value in os.environ.items() if not key.startswith("PROXY_")}


def _fields(line):
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    return dict(word.split("=", 1) for word in words if "=" in word)
