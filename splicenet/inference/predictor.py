"""A model at work: calibrated probabilities for sequences, regions and whole genomes.

Coordinates are 0-based half-open on the plus strand; a donor is the last base of its exon, an
acceptor the first base of its, in the direction of transcription.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from splicenet.exceptions import SequenceError
from splicenet.genome.alphabet import N, encode
from splicenet.genome.intervals import Interval, Kind, Site, Strand
from splicenet.genome.labels import KINDS, STRANDS
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import Genome, open_genome
from splicenet.model.answers import Answer, asked_window, global_answers, local_scan
from splicenet.model.modelfile import Model
from splicenet.model.scoring import BATCH_TOKENS, Scores, Stretch, scan
from splicenet.model.shipped import open_model

__all__ = ["Predictor", "call_sites"]


class Predictor:
    """Reads DNA with a trained model.

    Parameters
    ----------
    model
        A model, the path of a model file, or the name of a shipped model.
    device
        As torch names it.
    batch_tokens
        Bases in a batch, both strands counted; memory grows with it.
    copies
        Whether bases of a genome are marked down where much about them stands in it more than
        once, as far as the model has learned to (:attr:`~splicenet.model.scale.Scale.copies`).

    Raises
    ------
    ModelFileError
        If the file cannot be read as a model.
    """

    def __init__(
        self,
        model: Model | str | Path,
        *,
        device: str = "cpu",
        batch_tokens: int = BATCH_TOKENS,
        copies: bool = True,
    ) -> None:
        self.model = model if isinstance(model, Model) else open_model(model)
        self._network = self.model.network.fused().to(device)
        self._batch_tokens = batch_tokens
        self._scale = self.model.scale if copies else self.model.scale.without_copies()

    @property
    def threshold(self) -> dict[Kind, float]:
        """The probability from which a base is called, by kind, chosen for the highest F1."""
        return dict(self.model.threshold)

    @property
    def asks_for_copies(self) -> bool:
        """Whether a genome's copies are counted before it is read."""
        return self._scale.marks_copies

    def predict(self, sequence: str) -> np.ndarray:
        """Score every base of a sequence on both strands, as one that stands in no genome twice.

        Parameters
        ----------
        sequence
            DNA in either case; letters other than A, C, G, T and U count as unknown.

        Returns
        -------
        numpy.ndarray
            Calibrated probabilities, float32, shape (2, 2, len(sequence)): strands (plus,
            minus), kinds (donor, acceptor), positions of the sequence as given on both strands.

        Raises
        ------
        SequenceError
            If the sequence is empty or not DNA.

        Examples
        --------
        >>> import splicenet
        >>> splicenet.load().predict("ACGT" * 100).shape
        (2, 2, 400)
        """
        if not sequence:
            raise SequenceError("the sequence is empty")
        try:
            codes = encode(sequence)
        except ValueError as error:
            raise SequenceError(str(error)) from error
        stretch = Stretch("", partial(_padded, codes), 0, len(codes), len(codes))
        return np.concatenate([scores.values for _, scores in self._scan([stretch])], axis=-1)

    def scores(
        self, genome: Genome, regions: Iterable[Interval] | None = None, *, tasks: bool = False
    ) -> Iterator[tuple[str, Scores]]:
        """Calibrated probabilities of both strands, window by window.

        Parameters
        ----------
        genome
            Open.
        regions
            What to score, sorted and without overlap; without it, everything.
        tasks
            Whether the answers to the model's local tasks follow, behind donor and acceptor, as
            :class:`~splicenet.model.answers.LocalLayout` has them.

        Returns
        -------
        iterator of contig, Scores
            In order; but for the words that are met again, memory does not grow with the genome.
        """
        regions = _everything(genome) if regions is None else regions
        stretches = (Stretch.of(genome, region) for region in regions)
        return self._scan(stretches, genome, tasks=tasks)

    def answers(
        self, genome: Genome, regions: Iterable[Interval] | None = None
    ) -> Iterator[Answer]:
        """Answers to the model's global tasks, window by window, both strands.

        Parameters
        ----------
        genome, regions
            As :meth:`scores`. A region is cut into windows as long as those of the training.
        """
        regions = _everything(genome) if regions is None else regions
        window = asked_window(self.model)
        return global_answers(
            self._network, genome, regions, window=window, batch_tokens=self._batch_tokens
        )

    def scan(self, fasta: str | Path, regions: str | None = None) -> Iterator[Site]:
        """Call the splice sites of a genome, sorted by position.

        Parameters
        ----------
        fasta
            FASTA, GenBank or EMBL, as :func:`open_genome` takes it.
        regions
            A BED file, or ``contig:start-end`` counted from 1, or names of contigs.

        Examples
        --------
        >>> import splicenet
        >>> fly = "data/drosophila_melanogaster_chr4/genome.fa.gz"
        >>> sites = list(splicenet.load().scan(fly, "NC_004353.4:1-100,000"))
        >>> {site.kind for site in sites} == {"donor", "acceptor"}
        True
        """
        with open_genome(fasta) as genome:
            intervals = None if regions is None else read_regions(regions, genome)
            for contig, scores in self.scores(genome, intervals):
                yield from call_sites(contig, scores, self.threshold)

    def _scan(
        self, stretches: Iterable[Stretch], genome: Genome | None = None, *, tasks: bool = False
    ) -> Iterator[tuple[str, Scores]]:
        """As :func:`scan` or :func:`local_scan`, with calibrated probabilities of sites."""
        windows = (local_scan if tasks else scan)(
            self._network, stretches, flank=self.model.flank, batch_tokens=self._batch_tokens
        )
        for contig, scores in windows:
            sites = scores.values[:, : len(KINDS)]
            if genome is None:
                sites[:] = self._scale.apply(sites)
            else:
                sites[:] = self._scale.read(genome, contig, sites, scores.start)
            yield contig, scores


def _everything(genome: Genome) -> Iterator[Interval]:
    return (Interval(contig, 0, length) for contig, length in genome.lengths.items())


def call_sites(
    contig: str,
    scores: Scores,
    threshold: Mapping[Kind, float],
    strands: tuple[Strand, ...] = STRANDS,
) -> list[Site]:
    """The bases at or above the threshold of their kind, sorted by position."""
    sites = []
    for strand in strands:
        for index, kind in enumerate(KINDS):
            values = scores.values[STRANDS.index(strand), index]
            for offset in np.flatnonzero(values >= np.float32(threshold[kind])):
                position = scores.start + int(offset)
                sites.append(Site(contig, position, strand, kind, float(values[offset])))
    return sorted(sites)


def _padded(codes: np.ndarray, start: int, end: int) -> np.ndarray:
    """``codes[start:end]`` with N where there is nothing."""
    padded = np.full(end - start, N, np.uint8)
    first, last = max(start, 0), min(end, len(codes))
    padded[first - start : last - start] = codes[first:last]
    return padded
