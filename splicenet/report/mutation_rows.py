"""Effects of changes as rows of a table; positions are counted from 1, as in a VCF."""

from __future__ import annotations

from splicenet.genome.labels import KINDS
from splicenet.inference.mutate import Edits, Effects

__all__ = ["Row", "edit_cells", "effect_cells"]

Row = dict[str, object]
"""Cells by column."""


def edit_cells(edits: Edits) -> Row:
    """``contig``, ``pos``, ``ref``, ``alt``; those of a pair one after the other, with commas."""
    return {
        "contig": edits[0].contig,
        "pos": ",".join(str(one.start + 1) for one in edits),
        "ref": ",".join(one.ref for one in edits),
        "alt": ",".join(one.alt for one in edits),
    }


def effect_cells(effects: Effects) -> Row:
    """What each head makes of a change.

    For ``donor`` and ``acceptor``: ``_pos`` and ``_strand``, where it was looked; ``_ref`` and
    ``_alt``, calibrated probabilities; ``_delta``, their difference; ``_delta_log_odds``, natural
    logarithm.
    """
    cells: Row = {}
    for kind, one in zip(KINDS, effects, strict=True):
        cells |= {
            f"{kind}_pos": one.place.position + 1,
            f"{kind}_strand": one.place.strand,
            f"{kind}_ref": one.ref,
            f"{kind}_alt": one.alt,
            f"{kind}_delta": one.delta,
            f"{kind}_delta_log_odds": one.delta_log_odds,
        }
    return cells
