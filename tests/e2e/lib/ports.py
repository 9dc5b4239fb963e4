"""TCP ports for servers that cannot be told to choose one themselves.

Ports below the system's ephemeral range, so that no outgoing connection takes one, each held by
a lock file, so that no other test run on this machine does.
"""

import fcntl
import os
import socket
import tempfile

_FIRST, _LAST = 20000, 29999
_held = []


def _is_free(port):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def reserve():
    """A port that is free now and given to nobody else while this process lives."""
    folder = os.path.join(tempfile.gettempdir(), f"srs-proxy-e2e-ports-{os.getuid()}")
    os.makedirs(folder, exist_ok=True)
    start = _FIRST + os.getpid() * 37 % (_LAST - _FIRST)
    for step in range(_LAST - _FIRST):
        port = _FIRST + (start - _FIRST + step) % (_LAST - _FIRST)
        lock = open(os.path.join(folder, str(port)), "w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        if port not in [held for held, _ in _held] and _is_free(port):
            _held.append((port, lock))
            return port
        lock.close()
    raise RuntimeError(f"no free port from {_FIRST} to {_LAST}")
