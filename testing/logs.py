"""All that any library logs, at every level."""

import contextlib
import logging
from collections.abc import Iterator
from typing import TextIO


@contextlib.contextmanager
def listening(stream: TextIO, *, alone: bool = False) -> Iterator[None]:
    """Writes it to a stream; `alone`: to nothing else, such as the log that pytest keeps."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [*([] if alone else handlers), logging.StreamHandler(stream)]
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers
