"""Media servers that the proxy sends streams to: real ones, and one that is not there."""

import json
import os
import re
import signal
import socket
import urllib.request
import xml.etree.ElementTree

from . import ports
from .child import Child
from .wait import until

_HERE = os.path.dirname(os.path.abspath(__file__))

_NGINX_CONFIG = """
load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 2048; }}
rtmp {{
    server {{
        listen 127.0.0.1:{rtmp} {listen_options};
        chunk_size 4096;
        application live {{
            live on;
            {more}
        }}
    }}
}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{http};
        location /stat {{ rtmp_stat all; }}
    }}
}}
"""


def _accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class NginxRtmp:
    """Debian's nginx with its RTMP module, application `live`."""

    kind = "nginx-rtmp"

    def __init__(self, folder, hook_url=None, proxy_protocol=False, record=False):
        """`proxy_protocol`: each connection must begin with a PROXY v1 header. `record`: each
        stream goes to a file, too, just as it comes."""
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.rtmp_port = ports.reserve()
        self.http_port = ports.reserve()
        more = f"on_publish {hook_url}; on_play {hook_url};" if hook_url else ""
        if record:
            more += f" record all; record_path {self.folder};"
        self._config = os.path.join(self.folder, "nginx.conf")
        with open(self._config, "w") as config:
            config.write(_NGINX_CONFIG.format(
                folder=self.folder, rtmp=self.rtmp_port, http=self.http_port, more=more,
                listen_options="proxy_protocol" if proxy_protocol else ""))
        self.child = None

    def start(self):
        self.child = Child(["/usr/sbin/nginx", "-p", self.folder, "-c", self._config,
                            "-e", os.path.join(self.folder, "start.log")],
                           os.path.join(self.folder, "nginx.log"))

        def ready():
            assert self.child.alive(), f"nginx ended:\n{self.child.output()}"
            return _accepts(self.rtmp_port) and _accepts(self.http_port)
        until(ready, "nginx accepts connections")
        return self

    def stop(self):
        if self.child:
            self.child.stop(signal.SIGTERM)

    def kill(self):
        self.child.kill()

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{stream}"

    def recording(self, stream):
        """The file of that stream; whole only when the stream has ended."""
        return os.path.join(self.folder, f"{stream}.flv")

    def _streams(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}/stat", timeout=5) as answer:
            root = xml.etree.ElementTree.fromstring(answer.read())
        return root.findall("./server/application/live/stream")

    def streams(self):
        """The names of the streams that are published here now."""
        return {stream.findtext("name") for stream in self._streams()
                if stream.find("publishing") is not None}

    def clients(self):
        """How many publishers and players are connected."""
        return sum(len(stream.findall("client")) for stream in self._streams())


class NodeMediaServer:
    """Node-Media-Server of npm, run by nms_origin.js, which tells each event as a line of JSON."""

    kind = "node-media-server"

    def __init__(self, folder, refuse=()):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.rtmp_port = ports.reserve()
        self.refuse = list(refuse)
        self.child = None

    def start(self):
        self.child = Child(["node", os.path.join(_HERE, "nms_origin.js"), self.rtmp_port,
                            *self.refuse], os.path.join(self.folder, "nms.log"))
        self.child.wait_for_output(r'^\{"event":"listening"\}$', timeout=30)
        return self

    def stop(self):
        if self.child:
            self.child.stop()

    def kill(self):
        self.child.kill()

    def url(self, stream):
        return f"rtmp://127.0.0.1:{self.rtmp_port}/live/{stream}"

    def events(self, name):
        """The events of that name so far: dicts with `path` and `args`."""
        lines = re.findall(r'^\{"event":.*\}$', self.child.output(), re.MULTILINE)
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def streams(self):
        """The names of the streams that are published here now."""
        live = set()
        lines = re.findall(r'^\{"event":.*\}$', self.child.output(), re.MULTILINE)
        for event in map(json.loads, lines):
            if event["event"] == "postPublish":
                live.add(event["path"].split("/")[-1])
            elif event["event"] == "donePublish":
                live.discard(event["path"].split("/")[-1])
        return live


class DownOrigin:
    """A port on which nobody listens."""

    kind = "generic"

    def __init__(self):
        self.rtmp_port = ports.reserve()
