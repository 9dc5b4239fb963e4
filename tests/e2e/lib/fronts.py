"""Real servers between two others: nginx that speaks TLS for one that does not, and HAProxy."""

import os
import socket

from . import ports
from .child import Child
from .wait import until


def _accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _Front:
    """Subclasses write a configuration to `port` and `behind`, and name the command."""

    def __init__(self, folder, behind, **options):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.port = ports.reserve()
        path = os.path.join(self.folder, "front.conf")
        with open(path, "w") as config:
            config.write(self._config(behind, **options))
        self._command = self._command_for(path)
        self.child = None

    def start(self):
        self.child = Child(self._command, os.path.join(self.folder, "front.log"))

        def ready():
            assert self.child.alive(), f"{self._command} ended:\n{self.child.output()}"
            return _accepts(self.port)
        until(ready, f"{self._command} accepts connections")
        return self

    def stop(self):
        if self.child:
            self.child.stop()


class TlsFront(_Front):
    """nginx's stream module takes TLS connections and passes on what is in them. To the proxy it
    looks like an origin that speaks RTMPS."""

    kind = "generic"

    def _config(self, behind, certificate):
        return f"""
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log info;
events {{ worker_connections 512; }}
stream {{
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {certificate.certificate};
        ssl_certificate_key {certificate.key};
        proxy_pass 127.0.0.1:{behind};
    }}
}}
"""

    def _command_for(self, path):
        return ["/usr/sbin/nginx", "-p", self.folder, "-c", path,
                "-e", os.path.join(self.folder, "start.log")]


class HaProxy(_Front):
    """HAProxy passes TCP connections on, each with a PROXY header before it."""

    def _config(self, behind, header, accept=""):
        """`header`: `send-proxy` or `send-proxy-v2`. `accept`: `accept-proxy` when it is to take
        such headers, too."""
        return f"""
global
    maxconn 200
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen front
    bind 127.0.0.1:{self.port} {accept}
    server behind 127.0.0.1:{behind} {header}
"""

    def _command_for(self, path):
        return ["/usr/sbin/haproxy", "-db", "-f", path]
