"""Ctrl-C and SIGTERM while training: obeyed between two steps, so that a checkpoint is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["interrupts_held_back"]


@contextmanager
def interrupts_held_back() -> Iterator[Callable[[], bool]]:
    """Hold SIGINT and SIGTERM back; the function it gives tells whether one has come.

    A second signal is not held back: it raises ``KeyboardInterrupt`` at once. A signal that is
    ignored stays ignored, and outside the main thread, which alone hears of signals, nothing is
    held back.
    """
    came: list[int] = []

    def note(number: int, _: object) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    heard = []
    if threading.current_thread() is threading.main_thread():
        heard = [
            number
            for number in (signal.SIGINT, signal.SIGTERM)
            if signal.getsignal(number) not in (signal.SIG_IGN, None)
        ]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
