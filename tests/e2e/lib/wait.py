"""Waiting for a condition with a deadline: the only way in which these tests wait."""

import time


def until(condition, what, timeout=10.0, interval=0.02):
    """The first true value of condition(); fails with `what` when there is none in time.

    `what` is a text, or a function that makes one when the wait has failed.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {timeout:g} s: {text}")
        time.sleep(interval)
