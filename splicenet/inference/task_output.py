"""What the heads of tasks say along a genome, in the files that genome browsers read.

A number, or the probability of *yes*, becomes a bigWig; one of several classes a BED of runs; an
answer for a whole window a row of a table. What has no strand is the mean of both readings.
Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from splicenet.genome.alphabet import N
from splicenet.genome.class_track import ClassTrack
from splicenet.genome.intervals import Interval, Kind, Strand
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.output import atomic
from splicenet.genome.sequence import Genome
from splicenet.genome.tasks import FEATURES, Task
from splicenet.genome.value_track import ValueTrack
from splicenet.genome.writer import Writer
from splicenet.inference.predictor import Predictor
from splicenet.model.answers import Answer, LocalLayout, global_tasks, local_tasks
from splicenet.model.scoring import Scores

__all__ = ["TaskWriter", "sites_of", "task_paths"]

_STRAND_NAMES: dict[Strand, str] = {"+": ".plus", "-": ".minus"}
_FLOOR = 0.001
"""Lower probabilities are not stored."""


def task_paths(prefix: str | Path, tasks: Sequence[Task]) -> dict[tuple[str, str], Path]:
    """Name the files by task and strand (``.`` for both); that of the windows by an empty name."""
    paths = {}
    for task in tasks:
        if task.scope == "global":
            paths["", "."] = Path(f"{prefix}.windows.tsv")
        elif _is_classes(task):
            paths[task.name, "."] = Path(f"{prefix}.{task.name}.bed.gz")
        else:
            for strand in STRANDS if task.stranded else (".",):
                end = _STRAND_NAMES.get(strand, "")  # type: ignore[call-overload]
                paths[task.name, strand] = Path(f"{prefix}.{task.name}{end}.bw")
    return paths


def sites_of(scores: Scores) -> Scores:
    """Scores without what stands behind donor and acceptor."""
    return Scores(scores.start, scores.values[:, : len(KINDS)])


class TaskWriter(Writer):
    """Write the answers of all heads beside that of the splice sites; a context manager.

    Parameters
    ----------
    prefix
        What the names of the files begin with.
    predictor
        With a model that has tasks.
    genome
        What is read.
    strands
        Those to write, where strands differ.
    threshold
        Probabilities from which sites are called; the model's if not given.
    header
        Comment lines for the BED files, without ``#``.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """

    def __init__(
        self,
        prefix: str | Path,
        predictor: Predictor,
        genome: Genome,
        strands: Sequence[Strand] = STRANDS,
        *,
        threshold: Mapping[Kind, float] | None = None,
        header: Iterable[str] = (),
    ) -> None:
        network = predictor.model.network
        self._predictor = predictor
        self._genome = genome
        self._strands = strands
        self._threshold = predictor.threshold if threshold is None else threshold
        self._header = list(header)
        self._local, self._global = local_tasks(network), global_tasks(network)
        self._layout = LocalLayout(self._local)
        wanted = (*strands, ".", "")
        paths = task_paths(prefix, network.config.tasks)
        self._paths = {key: path for key, path in paths.items() if key[1] in wanted}

    def _open(self, stack: ExitStack) -> None:
        self._classes: dict[str, ClassTrack] = {}
        self._values: dict[tuple[str, str], ValueTrack] = {}
        for (name, strand), path in self._paths.items():
            if not name:
                self._table = stack.enter_context(atomic(path))
            elif str(path).endswith(".bed.gz"):
                track = ClassTrack(path, list(FEATURES), header=self._header)
                self._classes[name] = stack.enter_context(track)
            else:
                value_track = ValueTrack(path, self._genome.lengths)
                self._values[name, strand] = stack.enter_context(value_track)

    def write(self, contig: str, scores: Scores) -> None:
        """Add the numbers of the next stretch, as :meth:`Predictor.scores` gives them."""
        known = self._genome.fetch(contig, scores.start, scores.end) != N
        for task in self._local:
            values = scores.values[:, self._layout.slices[task.name]]
            if _is_classes(task):
                features = [values[:, list(parts)].sum(1) for parts in FEATURES.values()]
                shown = np.stack(features, 1)
                for index, strand in enumerate(STRANDS):
                    if strand not in self._strands:
                        shown[index] = 0
                self._classes[task.name].write(contig, scores.start, shown)
            elif task.stranded:
                for strand in self._strands:
                    self._write_one(task, contig, scores, strand, known)
            else:
                self._write_one(task, contig, scores, ".", known)

    def _write_one(
        self, task: Task, contig: str, scores: Scores, strand: Strand, known: np.ndarray
    ) -> None:
        column = self._layout.slices[task.name].stop - 1  # of two classes that of yes
        values = scores.values[:, column]
        one = values.mean(0) if strand == "." else values[STRANDS.index(strand)]
        kept = known
        if task.binary:
            kept = known & (one >= _FLOOR)
        elif task.bounded:  # how often a site is used makes sense of sites alone
            sites = scores.values[STRANDS.index(strand), : len(KINDS)]
            lowest = [np.float32(self._threshold[kind]) for kind in KINDS]
            kept = known & (sites >= np.array(lowest)[:, None]).any(0)
        self._values[task.name, strand].write(contig, scores.start, one, kept)

    def write_windows(self, regions: Sequence[Interval] | None) -> None:
        """Read the windows of regions, or of the whole genome, and write the table of them."""
        if not self._global:
            return
        columns = [f"{task.name}.{label}" for task in self._global for label in _labels(task)]
        self._table.write("\t".join(["contig", "start", "end", "strand", *columns]) + "\n")
        row: list[Answer] = []
        for answer in self._predictor.answers(self._genome, regions):
            row.append(answer)
            if len(row) == len(self._global):
                where = row[0].window
                if where.strand in self._strands:
                    chances = [
                        f"{chance:.6g}"
                        for one in row
                        for chance in one.probabilities[-len(_labels(one.task)) :]
                    ]
                    place = [where.contig, str(where.start), str(where.end), where.strand]
                    self._table.write("\t".join([*place, *chances]) + "\n")
                row = []


def _is_classes(task: Task) -> bool:
    return bool(task.classes) and not task.binary


def _labels(task: Task) -> tuple[str, ...]:
    """Classes that have a column: of two that of yes."""
    return task.classes[1:] if task.binary else task.classes
