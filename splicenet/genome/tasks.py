"""What a network is asked beside splice sites: one :class:`Task` a question.

A *local* task has an answer for every base, a *global* one for a whole window. The splice sites
themselves are always asked for and are no :class:`Task`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal

from splicenet.exceptions import TaskError

__all__ = [
    "FEATURES",
    "REGIONS",
    "SPLICE",
    "Scope",
    "Task",
    "Topic",
    "is_file",
    "located",
    "parse_tasks",
    "split_source",
]

Scope = Literal["local", "global"]
Topic = Literal["region", "usage", "mutation", "track", "contains", "species"]

SPLICE = "splice"
REGIONS = ("intergenic", "utr5", "cds1", "cds2", "cds3", "utr3", "intron")
"""Classes of ``region``; ``cds1`` to ``cds3`` are the places of a base in its codon."""
FEATURES = {"utr5": (1,), "CDS": (2, 3, 4), "utr3": (5,), "intron": (6,)}
"""What a track of ``region`` shows, and the classes that each of these is made of."""

_CLASSES: dict[str, tuple[str, ...]] = {
    "region": REGIONS,
    "usage": (),
    "mutation": ("unchanged", "mutated"),
    "track": (),
    "contains": ("no", "yes"),
    "species": (),
}
_GLOBAL = ("contains", "species")
_SOURCELESS = ("region", "species")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_CALLABLE = re.compile(r":(?=[^:]*\.bed(?:\.gz)?$)")
_BED = re.compile(r"\.bed(\.gz)?$")
_USE = (
    "region, usage, mutation:VARIANTS.vcf.gz, track:SIGNAL.bw, contains:INTERVALS.bed, "
    "contains:gene or species"
)


@dataclass(frozen=True)
class Task:
    """One question, and where its answers are learned from.

    Parameters
    ----------
    name
        Names the head, its files and its weight; letters, digits, ``_``, ``.`` and ``-``.
    topic
        What is asked.
    classes
        The answers; empty where the answer is a number. Those of ``species`` are filled in when
        the species are known.
    source
        A path, an annotated feature, or nothing.
    centre, scale
        A number is learned as ``(number - centre) / scale``.
    against
        Of ``species``: how strongly it is unlearned. There is then no head and no answer; what
        sites are told from is drawn together between the species. 0 learns to tell them apart.
    """

    name: str
    topic: Topic
    classes: tuple[str, ...] = ()
    source: str = ""
    centre: float = 0.0
    scale: float = 1.0
    against: float = 0.0

    def __post_init__(self) -> None:
        if self.topic not in _CLASSES:
            raise ValueError(f"a task must be one of {', '.join(_CLASSES)}, not {self.topic!r}")
        if not _NAME.fullmatch(self.name) or self.name == SPLICE:
            raise ValueError(f"{self.name!r} cannot name a task")
        if not self.scale > 0:
            raise ValueError("the scale of a task must be above 0")
        if self.against and (self.topic != "species" or not 0 < self.against < inf):
            raise ValueError("only species are trained against, with a weight above 0")

    @property
    def scope(self) -> Scope:
        """Whether the answer is of every base, ``local``, or of a whole window, ``global``."""
        return "global" if self.topic in _GLOBAL else "local"

    @property
    def bounded(self) -> bool:
        """Whether the answer is a number from 0 to 1."""
        return self.topic == "usage"

    @property
    def binary(self) -> bool:
        """Whether the answer is no or yes, in this order of classes."""
        return self.topic in ("mutation", "contains")

    @property
    def stranded(self) -> bool:
        """Whether the two strands of a stretch may have different answers."""
        return self.topic not in ("mutation", "track", "species")

    @classmethod
    def parse(cls, text: str, *, name: str = "", folder: str | Path = ".") -> Task:
        """Read a task as a command line has it: ``TOPIC``, ``TOPIC:SOURCE`` or ``NAME=TOPIC...``.

        Parameters
        ----------
        text
            Such as ``region``, ``mutation:variants.vcf.gz:callable.bed``, ``contains:gene``, or
            ``phylop=track:phylop.bw``. A file may be left out where a table of species names it.
        name
            What to call it, if the text does not say; without both it is called by its topic.
        folder
            What paths are relative to.

        Raises
        ------
        TaskError
            If there is no such task, its name cannot name a file, or its file is not there.
        """
        given, equals, rest = text.partition("=")
        if not equals or ":" in given:
            given, rest = name, text
        topic, colon, source = rest.strip().partition(":")
        if topic not in _CLASSES:
            raise TaskError(f"there is no task {rest.strip()!r}; give {_USE}")
        if source and topic in _SOURCELESS:
            raise TaskError(f"the task {topic} has no source; leave {source!r} out")
        if topic == "contains" and not source and not given:
            raise TaskError("the task contains needs intervals or a feature, as in contains:gene")
        if colon and not source:
            raise TaskError(f"nothing stands behind the colon of the task {rest.strip()!r}")
        known = given or (f"contains-{_stem(source)}" if topic == "contains" else topic)
        if not _NAME.fullmatch(known) or known == SPLICE:
            raise TaskError(
                f"{known!r} cannot name a task; use letters, digits, dots and dashes, as in "
                f"mine={topic}..."
            )
        found = located(source, folder)
        _check_files(known, topic, found)
        return cls(known, topic, _CLASSES[topic], found)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"classes": list(self.classes)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Task:
        """Undo :meth:`to_dict`.

        Raises
        ------
        TypeError, ValueError
            If a value is missing, unknown or makes no sense.
        """
        return cls(**{**values, "classes": tuple(values["classes"])})


def parse_tasks(texts: Iterable[str], *, others: Iterable[Task] = ()) -> tuple[Task, ...]:
    """Several tasks, each with a name of its own; ``splice``, always there, is left out.

    Raises
    ------
    TaskError
        If one of them cannot be read, or two have one name.
    """
    tasks = [*others, *(Task.parse(text) for text in texts if text.strip() != SPLICE)]
    names = [task.name for task in tasks]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TaskError(
            f"two tasks are called {twice!r}; give one of them a name of its own, as in "
            f"another={twice}..."
        )
    return tuple(tasks)


def split_source(source: str) -> tuple[str, str]:
    """A file, and the BED of what was looked at, ``FILE:CALLABLE.bed``; that may be missing."""
    parts = _CALLABLE.split(source, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def located(source: str, folder: str | Path) -> str:
    """A source whose paths are relative to ``folder``; what names no file there is left alone."""
    parts = [part for part in split_source(source) if part]
    return ":".join(str(there) if (there := Path(folder) / p).is_file() else p for p in parts)


def is_file(topic: str, source: str) -> bool:
    """Whether a source names a file, rather than a feature or nothing at all."""
    if topic != "contains":
        return bool(source) and topic not in _SOURCELESS
    return bool(_BED.search(source)) or "/" in source or Path(source).is_file()


def _check_files(name: str, topic: str, source: str) -> None:
    if not is_file(topic, source):
        return
    for path in split_source(source) if topic == "mutation" else (source,):
        if path and not Path(path).is_file():
            raise TaskError(f"the task {name} needs this file, and it is not there", path=path)


def _stem(source: str) -> str:
    return _BED.sub("", Path(source).name)
