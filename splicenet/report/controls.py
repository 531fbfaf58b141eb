"""What chance says, and what stands out against it.

Windows are in reading direction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from splicenet.attribution.explain import Explaining, explain_sites
from splicenet.attribution.findings import Findings, find
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Kind
from splicenet.genome.meme import Motif
from splicenet.genome.shuffle import dinucleotide_shuffle, generator
from splicenet.model.network import SpliceNetwork

__all__ = ["Controls"]

_MOST = 50
"""Shuffled windows of each kind."""


class Controls:
    """Dinucleotide-shuffled windows, explained as the sites are: what chance says.

    Their scores need not add up, so that they get no more steps than those of the beginning.
    """

    def __init__(self, windows: dict[Kind, SiteWindows]) -> None:
        self._windows = windows

    @classmethod
    def of(cls, windows: SiteWindows, seed: int) -> Controls:
        """Shuffle the first windows of each kind."""
        shuffled = {}
        for kind in windows.there:
            some = windows.some(windows.rows(kind)[:_MOST])
            codes = [dinucleotide_shuffle(one, generator(seed + 1, one)) for one in some.codes]
            shuffled[kind] = SiteWindows(some.sites, np.stack(codes))
        return cls(shuffled)

    def __len__(self) -> int:
        return sum(map(len, self._windows.values()))

    def find(
        self,
        network: SpliceNetwork,
        windows: SiteWindows,
        actual: np.ndarray,
        settings: Explaining,
        database: Sequence[Motif] = (),
        annotated: SiteWindows | None = None,
        *,
        folder: Path,
        resume: bool = False,
        progress: Callable[[int], object] = lambda sites: None,
    ) -> list[Findings]:
        """Seqlets and motifs of either kind, by what is known of motifs and of the genome's sites.

        The rest is as ``explain_sites`` takes it.
        """
        rough = replace(settings, tolerance=np.inf)
        findings = []
        for kind, control in self._windows.items():
            scores = explain_sites(
                network,
                control,
                rough,
                folder=folder / f"shuffled_{kind}s",
                resume=resume,
                progress=progress,
            )
            rows = windows.rows(kind)
            here = windows.some(rows)
            findings.append(
                find(
                    here.codes,
                    actual[rows],
                    scores.actual(control.codes),
                    here.sites,
                    kind=kind,
                    centre=windows.centre,
                    database=database,
                    annotated=annotated,
                )
            )
        return findings
