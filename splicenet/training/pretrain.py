"""Pretraining: a network learns to tell bases of bare genomes, before it learns of any label."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from splicenet.evaluation.bits import base_bits, markov_bits, network_bits
from splicenet.genome.alphabet import N
from splicenet.genome.interval_sets import spread, thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.output import atomic
from splicenet.genome.species import Species
from splicenet.genome.tasks import SPLICE
from splicenet.genome.words import WordModel, count_followers, fit_words
from splicenet.model.hints import first_guess
from splicenet.model.language import SIDES, LanguageNetwork
from splicenet.model.modelfile import SUFFIX
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.pretrained import Pretrained, save_pretrained
from splicenet.training.batches import Batch
from splicenet.training.course import Reporter, claim, run_to_the_end
from splicenet.training.grounds import TrainingGround
from splicenet.training.loop import Trainer
from splicenet.training.parts import Parts, split_species
from splicenet.training.precision import learning_in, resolved
from splicenet.training.record import run_record
from splicenet.training.settings import TrainingSettings

__all__ = ["NextBase", "bits_table", "pretrain_model"]

_WATCHED = 1 << 19
"""Bases of a genome's training sequence that choose how its words are weighed."""
_PIECES = 8
"""Places that they lie in, each told from the words of all the rest."""

Part = tuple[Species, list[Interval]]


class NextBase:
    """The goal: bits a base, both directions; judged by the mean of the genomes.

    Parameters
    ----------
    validation
        Genomes and regions that are scored.
    bases
        How many bases of them, shared alike between the genomes.
    words
        Of each genome its own words, in the order of the grounds; nothing if the network does
        without.
    """

    def __init__(
        self, validation: Sequence[Part], bases: int, words: Mapping[str, WordModel]
    ) -> None:
        each = bases // max(1, len(validation))
        self._validation = [(one, spread(regions, each)) for one, regions in validation]
        self._words = words

    def losses(
        self, network: SpliceNetwork, batch: Batch, settings: TrainingSettings
    ) -> dict[str, Tensor]:
        """Mean bits of the known bases of a batch, told alone and with the guess."""
        network.train()
        guess = None
        if self._words:
            words = list(self._words.values())
            guess = first_guess([words[i] for i in batch.grounds], batch.codes, counted=True)
        with learning_in(settings.precision, batch.codes.device):
            said = cast(LanguageNetwork, network).next_bases(batch.codes, guess)
        known = 2 * torch.count_nonzero(batch.codes != N).clamp(min=1)
        bits = torch.stack([base_bits(logits, batch.codes).sum() for logits in said])
        return {SPLICE: bits.mean() / known}

    def judge(self, network: SpliceNetwork) -> tuple[float, dict[str, float]]:
        """How many bits fewer than two, and the bits of each genome."""
        columns = {}
        for one, regions in self._validation:
            words = self._words.get(one.name)
            bits = network_bits(cast(LanguageNetwork, network), one.genome, regions, words)
            columns[f"bits_{one.name}"] = float(bits.per_base.mean())
        return 2 - float(np.nanmean(list(columns.values()))), columns


def pretrain_model(
    species: Sequence[Species],
    output: str | Path,
    *,
    config: NetworkConfig,
    settings: TrainingSettings,
    holdout: float | str = 0.1,
    words: int = 0,
    markov: int = 12,
    device: str = "cpu",
    resume: bool = False,
    restart: bool = False,
    reporter: Reporter | None = None,
) -> tuple[Pretrained, pd.DataFrame]:
    """Pretrain on the genomes; write ``output``, ``output``'s ``.metrics.tsv`` and ``.bits.tsv``.

    Parameters
    ----------
    species
        Genomes; their labels are not looked at.
    output
        The file; ``output.checkpoint`` stands beside it until it is done.
    config
        The network's shape.
    settings
        The choices of the run; what concerns labels is not read.
    holdout
        A share, or regions as :func:`share_regions` takes them, never read before the end.
    words
        Bases of the longest words whose counts in the training sequence of the same genome give
        the network a first guess to correct; 0 for none.
    markov
        Highest order of the Markov models that each genome is compared with.
    device
        As torch names it.
    resume, restart
        Go on from the checkpoint, or throw it away; without either its presence is an error.

    Returns
    -------
    Pretrained
        The network with the record of the run.
    pandas.DataFrame
        As :func:`bits_table` gives it.

    Raises
    ------
    SplicenetError
        If the run cannot start, go on, or write its result.
    """
    reporter = reporter or Reporter()
    checkpoint = claim(output, resume or restart)
    settings = replace(settings, genes=0.0, precision=resolved(settings.precision, device))
    parts = split_species(species, holdout, settings)
    for note in parts.notes:
        reporter.note(f"note: {note}")
    training = parts.part("training")
    for name, what in (("training", "learned from"), ("held_out", "told at the end")):
        there = {one.name for one, _ in parts.part(name)}
        for one in species:
            if one.name not in there:
                reporter.note(f"{one.name}: nothing of it is {what}; it is too small to part so")
    counted = dict(_own_words(parts, words)) if words else {}
    torch.manual_seed(settings.seed)
    network = LanguageNetwork(config, words)
    record = run_record(parts, config, settings, None, ()) | {"words": words}
    trainer = Trainer(
        network.to(device),
        [TrainingGround.of(one, regions) for one, regions in training],
        [],
        settings,
        checkpoint=checkpoint,
        identity={key: record[key] for key in ("network", "training", "data", "words")}
        | {"order of species": [one.name for one in species]},
        goal=NextBase(parts.part("validation"), settings.validation_bases // 2, counted),
    )
    run_to_the_end(trainer, checkpoint, resume, reporter)
    counted.clear()
    network.load_state_dict(trainer.best)
    table = bits_table(network, parts, markov=markov, bases=settings.test_bases)
    model = Pretrained(
        network.eval(),
        record
        | {
            "steps": trainer.state.step,
            "best_step": trainer.state.best_step,
            "minutes": trainer.state.seconds / 60,
            "bits": table.to_dict("records"),
        },
    )
    stem = str(output).removesuffix(SUFFIX)
    for name, rows in (("metrics", pd.DataFrame(trainer.state.history)), ("bits", table)):
        with atomic(f"{stem}.{name}.tsv") as file:
            rows.to_csv(file, sep="\t", index=False)
    save_pretrained(output, model)
    checkpoint.unlink(missing_ok=True)
    return model, table


def bits_table(
    network: LanguageNetwork, parts: Parts, *, markov: int, bases: int | None
) -> pd.DataFrame:
    """Bits a base of held-out sequence, a row for each genome and direction.

    Parameters
    ----------
    network
        What is judged.
    parts
        The genomes; the Markov models are counted on each one's own training part, and how they
        fall back is chosen on pieces of it that are told from the rest.
    markov
        Highest order.
    bases
        Of each genome's held-out sequence that are read, in stretches at equal distances; None is
        all.

    Returns
    -------
    pandas.DataFrame
        Columns ``genome``, ``direction``, ``bases``, ``network``, ``alone``, the network without
        the first guess, ``markov``, the best order's, ``order``, which that is, and ``markov_0``
        and so on.
    """
    held_out = {one.name: (one, regions) for one, regions in parts.part("held_out")}
    rows = []
    for name, counted in _own_words(parts, max(markov, network.words), held_out):
        one, told = held_out[name]
        told = told if bases is None else thin_out(told, bases)
        guess = counted.shortened(network.words) if network.words else None
        ours = network_bits(network, one.genome, told, guess)
        alone = network_bits(network, one.genome, told) if guess else ours
        theirs = markov_bits(counted.shortened(markov), one.genome, told)
        for side, direction in enumerate(SIDES):
            orders = theirs.per_base[:, side]
            rows.append(
                {
                    "genome": name,
                    "direction": direction,
                    "bases": ours.bases,
                    "network": ours.per_base[side],
                    "alone": alone.per_base[side],
                    "markov": orders.min(),
                    "order": int(orders.argmin()),
                    **{f"markov_{order}": value for order, value in enumerate(orders)},
                }
            )
    columns = ("genome", "direction", "bases", "network", "alone", "markov", "order")
    return pd.DataFrame(rows, columns=None if rows else columns)


def _own_words(
    parts: Parts, order: int, genomes: Container[str] | None = None
) -> Iterator[tuple[str, WordModel]]:
    """Of each genome the words of its training part, weighed by pieces told from the rest."""
    for one, regions in parts.part("training"):
        if genomes is not None and one.name not in genomes:
            continue
        length = max(1, min(_WATCHED, sum(map(len, regions))) // _PIECES)
        watched = [
            one.genome.fetch(piece.contig, start, min(start + length, piece.end))
            for piece in thin_out(regions, _WATCHED, length)
            for start in range(piece.start, piece.end, length)
        ]
        yield one.name, fit_words(count_followers([(one.genome, regions)], order), watched)
