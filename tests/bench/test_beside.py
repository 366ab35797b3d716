"""Work beside: what it gives, and what it raises, comes to whoever asks for it."""

import threading

import pytest

from bench.beside import Beside


def test_work_goes_on_beside_and_gives_its_result() -> None:
    released = threading.Event()
    work = Beside(lambda: released.wait(10) and "done")
    released.set()
    assert work.result() == "done"


def test_an_error_is_raised_where_the_result_is_asked_for() -> None:
    def fails() -> None:
        raise LookupError("nothing there")

    work = Beside(fails)
    with pytest.raises(LookupError, match="nothing there"):
        work.result()


def test_the_process_need_not_wait_for_it() -> None:
    released = threading.Event()
    before = set(threading.enumerate())
    work = Beside(released.wait)
    (thread,) = set(threading.enumerate()) - before
    assert thread.daemon
    released.set()
    work.result()
