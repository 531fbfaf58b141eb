"""What a network with several heads says: probabilities and numbers, of bases and of windows.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Interval, Strand
from splicenet.genome.labels import STRANDS
from splicenet.genome.sequence import Genome
from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.modelfile import Model
from splicenet.model.network import SpliceNetwork
from splicenet.model.scoring import BATCH_TOKENS, Scores, Stretch, scan_with

__all__ = [
    "Answer",
    "LocalLayout",
    "asked_window",
    "global_answers",
    "local_scan",
    "local_tasks",
    "read_local",
    "global_tasks",
]

_SITES = 2
_WINDOW = 8192


class Answer(NamedTuple):
    """The probabilities of a global task's classes for one window on one strand."""

    window: Interval
    task: Task
    probabilities: np.ndarray


class LocalLayout:
    """Where each local task stands among the numbers of a base, behind donor and acceptor.

    Attributes
    ----------
    slices
        By name; a task with classes has one number for each, any other has one.
    numbers
        Of a base, all together.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.slices: dict[str, slice] = {}
        self.numbers = _SITES
        for task in tasks:
            width = max(1, len(task.classes))
            self.slices[task.name] = slice(self.numbers, self.numbers + width)
            self.numbers += width


def local_tasks(network: SpliceNetwork) -> list[Task]:
    """Tasks with an answer for every base."""
    return [task for task in network.config.tasks if task.scope == "local"]


def global_tasks(network: SpliceNetwork) -> list[Task]:
    """Tasks with an answer for every window."""
    return [task for task in network.config.tasks if task.scope == "global" and not task.against]


def asked_window(model: Model) -> int:
    """Bases of the windows that a model learned its global tasks in."""
    length = model.record.get("training", {}).get("length", _WINDOW)
    return int(re.split("[-:]", str(length))[-1])


def local_scan(
    network: SpliceNetwork,
    stretches: Iterable[Stretch],
    *,
    flank: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[tuple[str, Scores]]:
    """As :func:`~splicenet.model.scoring.scan`, with the local tasks behind the kinds of sites.

    Returns
    -------
    iterator of contig, Scores
        ``values`` is (2, K, n): strands, numbers as :class:`LocalLayout` has them, positions.
        Classes are probabilities; numbers are in the units of their source. N is 0 in all.
    """
    return scan_with(
        partial(read_local, network),
        LocalLayout(local_tasks(network)).numbers,
        stretches,
        phase=network.config.phase,
        flank=flank,
        batch_tokens=batch_tokens,
    )


def global_answers(
    network: SpliceNetwork,
    genome: Genome,
    regions: Iterable[Interval],
    *,
    window: int,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[Answer]:
    """Answers to the global tasks for both strands of the windows of regions, in order.

    A region is cut into windows from its start; what is left at its end is a shorter one. Windows
    without a known base are left out.
    """
    pieces = (
        (piece, genome.fetch(piece.contig, piece.start, piece.end))
        for region in regions
        for piece in _cut(region, window)
    )
    known = ((piece, codes) for piece, codes in pieces if (codes != N).any())
    while batch := list(islice(known, max(1, batch_tokens // (2 * window)))):
        yield from _read_global(network, batch)


def _cut(region: Interval, window: int) -> Iterator[Interval]:
    for start in range(region.start, region.end, window):
        yield Interval(region.contig, start, min(start + window, region.end))


@torch.inference_mode()
def read_local(network: SpliceNetwork, codes: np.ndarray) -> np.ndarray:
    """Numbers of every base, (B, K, L), as :class:`LocalLayout` has them, from codes (B, L).

    Probabilities of sites are uncalibrated.
    """
    device = next(network.parameters()).device
    said = network.read_all(torch.from_numpy(np.ascontiguousarray(codes)).to(device))
    parts = [said[SPLICE].softmax(1)[:, 1:]]
    parts += [_meant(task, said[task.name]) for task in local_tasks(network)]
    return torch.cat(parts, 1).cpu().numpy()


def _meant(task: Task, said: Tensor) -> Tensor:
    """Probabilities, or numbers in their own units."""
    if task.classes:
        return said.softmax(1)
    return said.sigmoid() if task.bounded else said * task.scale + task.centre


@torch.inference_mode()
def _read_global(
    network: SpliceNetwork, batch: Sequence[tuple[Interval, np.ndarray]]
) -> list[Answer]:
    device = next(network.parameters()).device
    lengths = torch.tensor([len(codes) for _, codes in batch])
    longest = int(lengths.max())
    found: dict[Strand, dict[str, np.ndarray]] = {}
    for strand in STRANDS:
        read = [reverse_complement(c) if strand == "-" else c for _, c in batch]
        rows = [torch.from_numpy(np.ascontiguousarray(one)) for one in read]
        padded = torch.stack([F.pad(row, (0, longest - len(row)), value=N) for row in rows])
        some = None if (lengths == longest).all() else lengths.to(device)
        said = network.read_all(padded.to(device), lengths=some)
        found[strand] = {
            task.name: said[task.name].softmax(1).cpu().numpy() for task in global_tasks(network)
        }
    return [
        Answer(replace(piece, strand=strand), task, found[strand][task.name][index])
        for index, (piece, _) in enumerate(batch)
        for strand in STRANDS
        for task in global_tasks(network)
    ]
