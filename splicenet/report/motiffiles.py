"""What was found in saliency, as files: BED, MEME and tables.

Coordinates are 0-based half-open on the plus strand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from splicenet.attribution.findings import Findings
from splicenet.attribution.seqlets import placed, write_seqlets
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.meme import write_meme
from splicenet.genome.output import atomic, remove_stale
from splicenet.genome.rows import RowWriter

__all__ = ["agreement_table", "motif_table", "write_findings"]

_HIT_COLUMNS = "contig\tstart\tend\tname\tscore\tstrand\tbits\tp_value"


def write_findings(folder: str | Path, findings: Sequence[Findings]) -> list[Path]:
    """Write all files, and name them.

    ``<kind>.seqlets.bed.gz`` and ``<kind>.motif_hits.bed.gz`` for every kind, and for all kinds
    together ``motifs.meme``, ``motifs.tsv``, ``matches.tsv`` and ``site_motifs.tsv``.

    Parameters
    ----------
    folder
        Exists.
    findings
        One a kind.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(folder)
    written = []
    for kind in KINDS:  # an earlier run may have had sites that this one has not
        if all(one.kind != kind for one in findings):
            places = [str(place) for place in _places(folder, kind)]
            remove_stale(f"{place}{end}" for place in places for end in ("", ".tbi", ".csi"))
    for one in findings:
        seqlets, hits = _places(folder, one.kind)
        write_seqlets(seqlets, one.seqlets, one.sites, one.centre)
        _write_hits(hits, one)
        written += [seqlets, hits]
    meme = folder / "motifs.meme"
    write_meme(meme, [motif for one in findings for motif in one.all_motifs])
    tables = {
        "motifs.tsv": motif_table(findings),
        "matches.tsv": pd.concat([one.matches for one in findings], ignore_index=True),
        "site_motifs.tsv": agreement_table(findings),
    }
    for name, table in tables.items():
        with atomic(folder / name) as out:
            table.to_csv(out, sep="\t", index=False, float_format="%.6g", lineterminator="\n")
    return [*written, meme, *(folder / name for name in tables)]


def motif_table(findings: Sequence[Findings]) -> pd.DataFrame:
    """A row a motif found away from the site.

    Returns
    -------
    pandas.DataFrame
        ``motif``, ``kind``, ``consensus``, ``seqlets``, ``enrichment`` (standard deviations), and
        the quartiles of the distance from the site in bases, negative upstream.
    """
    rows = [
        (
            found.motif.name,
            one.kind,
            found.motif.consensus,
            found.motif.sites,
            found.enrichment,
            *found.quartiles,
        )
        for one in findings
        for found in one.motifs
    ]
    columns = ["motif", "kind", "consensus", "seqlets", "enrichment"]
    return pd.DataFrame(rows, columns=[*columns, "distance_q1", "distance_median", "distance_q3"])


def agreement_table(findings: Sequence[Findings]) -> pd.DataFrame:
    """How alike a site's motif by saliency and the matrix counted are: a row a kind.

    Returns
    -------
    pandas.DataFrame
        ``kind``, ``sites``, ``counted_sites`` and ``counted_from`` (``annotation``, or the
        ``sites`` explained), and what :class:`~splicenet.attribution.sitemotif.Agreement` has.
    """
    return pd.DataFrame(
        [
            {
                "kind": one.kind,
                "sites": len(one.sites),
                "counted_sites": one.counted.sites,
                "counted_from": "annotation" if one.annotation else "sites",
                **one.agreement._asdict(),
            }
            for one in findings
        ]
    )


def _places(folder: Path, kind: str) -> list[Path]:
    return [folder / f"{kind}.{what}.bed.gz" for what in ("seqlets", "motif_hits")]


def _write_hits(path: Path, one: Findings) -> None:
    """Every occurrence once, though windows overlap."""
    with RowWriter(path) as rows:
        rows.write(f"#{_HIT_COLUMNS}")
        for interval, rest in sorted(set(_hits(one))):
            place = f"{interval.contig}\t{interval.start}\t{interval.end}"
            rows.write(f"{place}\t{rest}", interval.end)


def _hits(one: Findings) -> Iterator[tuple[Interval, str]]:
    for name, hits in one.hits.items():
        for hit in hits:
            at = placed(one.sites[hit.sequence], one.centre, hit.start, hit.end)
            score = min(max(round(100 * hit.score), 0), 1000)
            rest = f"{name}\t{score}\t{at.strand}\t{hit.score:.2f}\t{hit.p_value:.3g}"
            yield at, rest
