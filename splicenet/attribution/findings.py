"""Everything that is found in the saliency of the sites of one kind, in one call.

Positions in windows are 0-based, in reading direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from splicenet.attribution.matches import Hit, match_motifs, motif_hits
from splicenet.attribution.motifs import Found, find_motifs
from splicenet.attribution.seqlets import Seqlet, find_seqlets
from splicenet.attribution.sitemotif import (
    SPANS,
    Agreement,
    agreement,
    counted_motif,
    site_motif,
)
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Kind, Site
from splicenet.genome.meme import Motif

__all__ = ["Findings", "find"]


@dataclass(frozen=True, eq=False)
class Findings:
    """What saliency tells of one kind of site.

    Parameters
    ----------
    kind, sites, centre, background
        What was looked at; ``background`` are the shares of A, C, G and T in its windows.
    contributions
        Mean saliency at the site by base, (positions, 4), over the span of ``motif``.
    motif, counted, agreement
        The site's motif by saliency, the matrix counted, and how alike they are.
    annotation
        Whether all annotated sites were counted, and not those explained.
    seqlets, motifs, hits
        Salient stretches; motifs among those away from the site; where these motifs occur in the
        windows, by the motif's name.
    matches
        Known motifs that they resemble, as
        :func:`~splicenet.attribution.matches.match_motifs` gives them; empty without a database.
    """

    kind: Kind
    sites: Sequence[Site]
    centre: int
    background: np.ndarray
    contributions: np.ndarray
    motif: Motif
    counted: Motif
    agreement: Agreement
    annotation: bool
    seqlets: list[Seqlet]
    motifs: list[Found]
    hits: dict[str, list[Hit]]
    matches: pd.DataFrame

    @property
    def all_motifs(self) -> list[Motif]:
        """The site's own motif and those found away from it."""
        return [self.motif, *(found.motif for found in self.motifs)]


def find(
    codes: np.ndarray,
    actual: np.ndarray,
    control: np.ndarray,
    sites: Sequence[Site],
    *,
    kind: Kind,
    centre: int,
    database: Sequence[Motif] = (),
    annotated: SiteWindows | None = None,
    p_value: float = 0.005,
    least: int = 12,
    most: int = 10,
) -> Findings:
    """Seqlets, motifs, their occurrences and their matches.

    Parameters
    ----------
    codes, actual, sites
        Windows (N, L) round sites of one kind, the saliency of their bases, and the sites.
    control
        Saliency of dinucleotide-shuffled windows, (M, L), by the same method.
    kind, centre
        Of the sites; their index in every window.
    database
        Known motifs.
    annotated
        All annotated sites, of either kind, to count the site's matrix from; without any of this
        kind, the windows themselves are counted.
    p_value
        Largest of a seqlet.
    least, most
        Seqlets of a motif; motifs.
    """
    letters = np.bincount(codes.ravel(), minlength=4)[:4] + 1.0
    background = letters / letters.sum()
    motif = site_motif(codes, actual, kind=kind, centre=centre, background=background)
    known, middle = codes, centre
    if annotated is not None and kind in annotated.there:
        known, middle = annotated.codes[annotated.rows(kind)], annotated.centre
    counted = counted_motif(known, kind=kind, centre=middle, background=background)
    seqlets = find_seqlets(actual, control, known=codes != N, p_value=p_value)
    motifs = find_motifs(
        codes, seqlets, kind=kind, centre=centre, background=background, least=least, most=most
    )
    found = [one.motif for one in motifs]
    first, last = SPANS[kind]
    part = slice(centre + first, centre + last)
    one_hot = codes[:, part, None] == np.arange(4)
    return Findings(
        kind,
        sites,
        centre,
        background,
        (actual[:, part, None] * one_hot).mean(axis=0),
        motif,
        counted,
        agreement(motif, counted, background),
        known is not codes,
        seqlets,
        motifs,
        {one.name: motif_hits(codes, one, background=background) for one in found},
        match_motifs(found, database) if database else match_motifs([], database),
    )
