"""Registers an origin at the proxy again and again, as SRS's heartbeat does."""

import http.client
import json
import threading
import urllib.error
import urllib.request


class Heartbeat:
    def __init__(self, api_port, server, rtmp_port, interval=1.0, **more):
        """`more`: what else the registration says: kind, weight, client_address."""
        self.url = f"http://127.0.0.1:{api_port}/api/v1/srs/register"
        self.server = server
        self.interval = interval
        self.body = {"device_id": server, "ip": "127.0.0.1", "server": server,
                     "service": "s1", "pid": "1", "rtmp": [str(rtmp_port)], **more}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def once(self):
        """One registration; the answer's JSON. HTTP errors are raised."""
        request = urllib.request.Request(self.url, json.dumps(self.body).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def start(self):
        """The first one is done, and accepted, when this returns."""
        assert self.once()["code"] == 0
        self._thread.start()
        return self

    def _run(self):
        while not self._stopped.wait(self.interval):
            try:
                self.once()
            except (urllib.error.URLError, http.client.HTTPException, OSError):
                pass  # the proxy is away: an origin goes on, too

    def stop(self):
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
