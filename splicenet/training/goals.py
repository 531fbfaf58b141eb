"""What a run learns, and by what it is judged half-way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.network import SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.descent import batch_losses
from splicenet.training.settings import TrainingSettings
from splicenet.training.validation import validation_precision

__all__ = ["Goal", "SpliceSites"]


class Goal(Protocol):
    """What the training loop asks for."""

    def losses(
        self, network: SpliceNetwork, batch: Batch, settings: TrainingSettings
    ) -> dict[str, Tensor]:
        """The losses of a batch in train mode, scalars; the first under the name ``splice``."""
        ...

    def judge(self, network: SpliceNetwork) -> tuple[float, dict[str, float]]:
        """How good the network is, above 0 and more for better, and columns for the history.

        NaN if nothing can be said.
        """
        ...


class SpliceSites:
    """Donors, acceptors and tasks; judged by AUPRC.

    Parameters
    ----------
    validation
        Species and regions that are scored.
    strand_bases
        How many bases of them.
    """

    def __init__(
        self, validation: Sequence[tuple[Species, list[Interval]]], strand_bases: int
    ) -> None:
        self._validation = validation
        self._strand_bases = strand_bases

    def losses(
        self, network: SpliceNetwork, batch: Batch, settings: TrainingSettings
    ) -> dict[str, Tensor]:
        """As :func:`batch_losses`."""
        return batch_losses(network, batch, settings)

    def judge(self, network: SpliceNetwork) -> tuple[float, dict[str, float]]:
        """The mean AUPRC of the kinds, and that of each."""
        values = validation_precision(network, self._validation, self._strand_bases)
        columns = {f"auprc_{kind}": values[i].item() for i, kind in enumerate(KINDS)}
        return values.nanmean().item(), columns
