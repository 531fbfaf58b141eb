from __future__ import annotations

import signal
import threading

import pytest

from splicenet.training.signals import interrupts_held_back


@pytest.fixture(autouse=True)
def listening():
    """Python's own handlers, even where the tests run in the background."""
    before = [
        (number, signal.signal(number, signal.default_int_handler))
        for number in (signal.SIGINT, signal.SIGTERM)
    ]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_waits_and_the_second_does_not(number):
    with interrupts_held_back() as interrupted:
        assert not interrupted()
        signal.raise_signal(number)
        assert interrupted()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert interrupted()
    assert signal.getsignal(number) is signal.default_int_handler


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts_held_back() as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert not interrupted()


def test_other_threads_cannot_listen():
    heard = []

    def work():
        with interrupts_held_back() as interrupted:
            heard.append(interrupted())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert heard == [False]
