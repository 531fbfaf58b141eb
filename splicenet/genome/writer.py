"""What every writer is: a context manager whose files take their names when its block ends well."""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import TypeVar

__all__ = ["Writer"]

_Self = TypeVar("_Self", bound="Writer")


class Writer:
    """Enters what :meth:`_open` puts on its stack, and leaves it again, last in first out."""

    def _open(self, stack: ExitStack) -> None:
        """Enter files, write what comes first, and push what is to be done last."""
        raise NotImplementedError

    def __enter__(self: _Self) -> _Self:
        with ExitStack() as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)
