"""A child process with its output in a file, which does not outlive the tests."""

import ctypes
import os
import re
import signal
import subprocess

from .wait import until

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    def __init__(self, command, log_path, cwd=None, env=None):
        self.command = [str(part) for part in command]
        self.log_path = str(log_path)
        self._log = open(self.log_path, "ab")
        self._start = self._log.tell()
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            cwd=cwd, env=env, preexec_fn=_die_with_parent)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self._process.pid

    def alive(self):
        return self._process.poll() is None

    @property
    def exit_code(self):
        return self._process.poll()

    def output(self):
        """What this process (not an earlier one with the same log) wrote so far."""
        with open(self.log_path, "rb") as log:
            log.seek(self._start)
            return log.read().decode("utf-8", "replace")

    def wait_for_output(self, pattern, timeout=10):
        """The match of `pattern` in the output; fails at once when the process has ended."""
        def look():
            match = re.search(pattern, self.output(), re.MULTILINE)
            if not match and not self.alive():
                match = re.search(pattern, self.output(), re.MULTILINE)
                assert match, f"{self.command[0]} ended ({self.exit_code}):\n{self.output()}"
            return match
        return until(look, lambda: f"/{pattern}/ from {self.command[0]}:\n{self.output()}", timeout)

    def wait_for_exit(self, timeout=10):
        until(lambda: not self.alive(), lambda: f"{self.command[0]} ends:\n{self.output()}", timeout)
        return self.exit_code

    def send_signal(self, number):
        if self.alive():
            self._process.send_signal(number)

    def kill(self):
        """kill -9, and gone when this returns."""
        self.send_signal(signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def stop(self, number=signal.SIGTERM, timeout=10):
        """Ends the process politely, or by force when it does not obey. Its exit code."""
        self.send_signal(number)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._log.close()
        return self.exit_code

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def resident_kib(self):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
