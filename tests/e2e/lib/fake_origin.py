"""An RTMP server of our own: it keeps what it is sent, and falls silent, hangs up or sends clients
elsewhere where it is told to."""

import os
import socket
import struct
import threading
import time
from typing import NamedTuple

from .proxy_headers import V2_SIGNATURE
from .rtmp_client import AVC_HEADER, AVC_KEY_FRAME
from .rtmp_wire import (COMMAND, MEDIA, PEER_BANDWIDTH, USER_CONTROL, VIDEO, WINDOW_ACK_SIZE,
                        Closed, RtmpConnection)
from .wait import until

#: What it has answered last when it stops being a server; `accept` is nothing at all.
STATES = ("accept", "handshake", "connect", "createStream", "publish")

#: Not 1, as others have: nobody may take his own number for ours.
FIRST_STREAM = 5


class ClientAddress(NamedTuple):
    """What came before the handshake: by which way it told whose connection this is."""
    way: str
    host: str = ""
    port: int = 0


class Peer(RtmpConnection):
    """One connection to a FakeOrigin, served by a thread of its own."""

    def __init__(self, origin, connected):
        super().__init__(connected, timeout=60)
        self._origin = origin
        self._end = None
        self._woken = threading.Event()
        self._next_stream = FIRST_STREAM
        self.client_address = None
        self.connect_object = None
        self.commands = []   # (name, the values behind the null, stream id), connect excepted
        self.media = []      # messages
        self.published = {}  # stream id: name
        self.played = {}
        self.ended = threading.Event()

    def serve(self):
        try:
            self._serve()
        except (Closed, OSError):
            pass
        finally:
            if self._end == "reset":
                self.reset()
            else:
                self.close()
            self.ended.set()

    def end(self, how="close"):
        """Ends the connection from outside: `close` (FIN) or `reset` (RST)."""
        self._end = how
        self._woken.set()
        try:
            self.socket.shutdown(socket.SHUT_RD)  # wakes the thread, which does it
        except OSError:
            pass  # it has ended already
        assert self.ended.wait(10)

    def _serve(self):
        self._reached("accept")
        self._read_client_address()
        deadline = time.monotonic() + self.timeout
        c0_c1 = self._take(1 + 1536, deadline)
        assert c0_c1[0] == 3, f"C0 is {c0_c1[0]}"
        self.send(b"\x03" + bytes(8) + os.urandom(1528) + c0_c1[1:])
        self._take(1536, deadline)
        self._reached("handshake")
        while True:
            message = self.read()
            if message.kind == COMMAND:
                self._on_command(message)
            elif message.kind in MEDIA:
                self.media.append(message)

    def _reached(self, state):
        if state != self._origin.stop_after:
            return
        how = self._origin.how
        if how == "silent":
            self._woken.wait()  # reads nothing any more, either
        elif how == "close":
            self.socket.shutdown(socket.SHUT_WR)
            self.wait_for_close(10)  # a socket closed with unread bytes sends a RST
        else:
            self._end = how
        raise Closed(how)

    def _read_client_address(self):
        deadline = time.monotonic() + self.timeout
        first = self._take(1, deadline)
        if first == b"\xf3":
            size = struct.unpack(">H", self._take(2, deadline))[0]
            found = ClientAddress("srs", socket.inet_ntoa(self._take(size, deadline)))
        elif first == b"P":
            line = first
            while not line.endswith(b"\r\n"):
                line += self._take(1, deadline)
            words = line.decode().split()
            assert words[0] == "PROXY" and words[1] in ("TCP4", "TCP6", "UNKNOWN"), line
            found = ClientAddress("proxy_v1", *((words[2], int(words[4]))
                                                if words[1] != "UNKNOWN" else ()))
        elif first == V2_SIGNATURE[:1]:
            head = first + self._take(15, deadline)
            assert head[:12] == V2_SIGNATURE and head[12] in (0x20, 0x21), head
            body = self._take(struct.unpack(">H", head[14:])[0], deadline)
            if head[12] == 0x20:  # LOCAL
                found = ClientAddress("proxy_v2")
            else:
                family, size = {0x11: (socket.AF_INET, 4), 0x21: (socket.AF_INET6, 16)}[head[13]]
                found = ClientAddress("proxy_v2", socket.inet_ntop(family, body[:size]),
                                      struct.unpack_from(">H", body, 2 * size)[0])
        else:
            found = ClientAddress("none")
            self._buffer = first + self._buffer
        self.client_address = found

    # Commands

    def _on_command(self, message):
        name, transaction, *values = message.values
        if name == "connect":
            self.connect_object = values[0]
        else:
            self.commands.append((name, values[1:], message.stream_id))
        answer = {"connect": self._on_connect, "createStream": self._on_create_stream,
                  "publish": self._on_publish, "play": self._on_play}.get(name)
        if answer:
            answer(transaction, message.stream_id, values[1:])
            self._reached(name)

    def _on_connect(self, transaction, *_):
        self.announce_chunk_size()
        self.write(WINDOW_ACK_SIZE, struct.pack(">I", 5_000_000), chunk_stream=2)
        self.write(PEER_BANDWIDTH, struct.pack(">IB", 5_000_000, 2), chunk_stream=2)
        if self._origin.redirects("connect", "302"):
            self.command("_error", transaction, None, self._origin.redirect_info())
            return
        self.command("_result", transaction,
                     {"fmsVer": "FMS/3,0,1,123", "capabilities": 31, **self._origin.capabilities},
                     {"level": "status", "code": "NetConnection.Connect.Success",
                      "description": "Connection succeeded.", "objectEncoding": 0})
        if self._origin.redirects("connect", "reconnect"):
            self.status(0, **self._origin.redirect_info())

    def _on_create_stream(self, transaction, *_):
        self.command("_result", transaction, None, self._next_stream)
        self._next_stream += 1

    def _on_publish(self, _, stream_id, values):
        if self._origin.redirects("publish", "302"):
            self.status(stream_id, **self._origin.redirect_info())
            return
        if self._origin.refusal:
            self.status(stream_id, self._origin.refusal, "error")
            return
        self.published[stream_id] = values[0].split("?")[0]
        self.status(stream_id, "NetStream.Publish.Start")
        if self._origin.redirects("publish", "reconnect"):
            self.status(0, **self._origin.redirect_info())

    def _on_play(self, _, stream_id, values):
        if self._origin.redirects("play", "302"):
            self.status(stream_id, **self._origin.redirect_info())
            return
        self.played[stream_id] = values[0].split("?")[0]
        self.write(USER_CONTROL, struct.pack(">HI", 0, stream_id), chunk_stream=2)
        self.status(stream_id, "NetStream.Play.Reset")
        self.status(stream_id, "NetStream.Play.Start")
        for timestamp, payload in self._origin.shown:
            self.write(VIDEO, payload, stream_id, timestamp, chunk_stream=6)

    def status(self, stream_id, code, level="status", description="", **more):
        self.command("onStatus", 0, None,
                     {"level": level, "code": code, "description": description, **more},
                     stream_id=stream_id)

    # What tests ask

    def wait_for_command(self, name, timeout=5):
        """(values, stream id) of the first command of that name."""
        def look():
            return next(((values, stream_id) for called, values, stream_id in list(self.commands)
                         if called == name), None)
        return until(look, lambda: f"the command {name} in {self.commands}", timeout)

    def wait_for_media(self, count, kind=None, timeout=10):
        """The messages of media, when there are that many."""
        def look():
            found = [message for message in list(self.media) if kind in (None, message.kind)]
            return found if len(found) >= count else None
        return until(look, lambda: f"{count} messages of media; {len(self.media)} came", timeout)


class FakeOrigin:
    def __init__(self, stop_after=None, how="silent", kind="generic", host="127.0.0.1",
                 capabilities=None):
        """`stop_after`: one of STATES; `how`: silent, close or reset. `capabilities` is added to
        the properties in its answer to connect."""
        self.stop_after = stop_after
        self.how = how
        self.kind = kind
        self.capabilities = capabilities or {}
        self.redirect = None  # (command, form, URL): see redirect_to
        self.refusal = None
        self.shown = [(0, AVC_HEADER), (0, AVC_KEY_FRAME)]
        self.peers = []
        self._running = False
        self._host = host
        self._listener = self._listen(0)
        self.rtmp_port = self._listener.getsockname()[1]

    def _listen(self, port):
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        return socket.create_server((self._host, port), family=family, backlog=128)

    def start(self):
        """Also after die(), on the same port. Does nothing when it runs."""
        if self._running:
            return self
        self._running = True
        if self._listener is None:
            self._listener = self._listen(self.rtmp_port)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def _accept(self, listener):
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            peer = Peer(self, connected)
            self.peers.append(peer)
            threading.Thread(target=peer.serve, daemon=True).start()

    def die(self):
        """As by kill -9: nobody listens, and every connection is reset."""
        self._running = False
        if self._listener:
            # shutdown wakes the accept() of the thread; close alone does not
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for peer in self.peers:
            peer.end("reset")

    def shows(self, pictures):
        """What each player gets at once: (timestamp, payload) of video messages."""
        self.shown = pictures
        return self

    def refuses(self, code):
        """Every publish, from now on."""
        self.refusal = code
        return self

    def redirect_to(self, url, when, form):
        """Sends everybody to that URL in its answer to the command `when`. `form`: `302`, which
        is a no, or `reconnect` (enhanced RTMP's ReconnectRequest), which follows a yes."""
        self.redirect = (when, form, url)
        return self

    def redirects(self, when, form):
        return self.redirect is not None and self.redirect[:2] == (when, form)

    def redirect_info(self):
        _, form, url = self.redirect
        if form == "302":
            return {"level": "error", "code": "NetConnection.Connect.Rejected",
                    "description": "RTMP 302 Redirect", "ex": {"code": 302, "redirect": url}}
        return {"level": "status", "code": "NetConnection.Connect.ReconnectRequest",
                "description": "go there", "tcUrl": url}

    # What tests ask

    def streams(self):
        """The names of the streams that are published here now."""
        return {name for peer in self.peers if not peer.ended.is_set()
                for name in peer.published.values()}

    def publisher(self, stream, timeout=10):
        """The peer that publishes the stream; waits for it."""
        return self._wait_for_peer(lambda peer: stream in peer.published.values(), timeout)

    def player(self, stream, timeout=10):
        """The peer that plays the stream; waits for it."""
        return self._wait_for_peer(lambda peer: stream in peer.played.values(), timeout)

    def _wait_for_peer(self, wanted, timeout):
        def look():
            return next((peer for peer in reversed(self.peers)
                         if not peer.ended.is_set() and wanted(peer)), None)
        return until(look, lambda: "a peer; these came: " +
                     str([(peer.published, peer.played) for peer in self.peers]), timeout)
