"""Effects of changes as rows of a table; positions are counted from 1, as in a VCF."""

from __future__ import annotations

from splicenet.inference.head_effects import Edits, Effects

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

    By its name: ``_pos`` and ``_strand``, where it was looked; ``_ref`` and ``_alt``, probabilities
    (those of sites calibrated) or numbers; ``_delta``, their difference; ``_delta_log_odds``,
    natural logarithm, not of a number of any size.
    """
    cells: Row = {}
    for one in effects:
        name = one.target.name
        cells |= {
            f"{name}_pos": one.place.position + 1,
            f"{name}_strand": one.place.strand,
            f"{name}_ref": one.ref,
            f"{name}_alt": one.alt,
            f"{name}_delta": one.delta,
        }
        if one.target.odds:
            cells[f"{name}_delta_log_odds"] = one.delta_log_odds
    return cells
