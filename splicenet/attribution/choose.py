"""Which sites to explain: as many of either kind, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import KINDS

__all__ = ["choose_sites", "on_genome"]


def choose_sites(
    sites: Iterable[Site], order: Mapping[str, int], *, most: int, seed: int = 0
) -> list[Site]:
    """Draw sites at random, half of them donors where there are enough.

    Parameters
    ----------
    sites
        All there are; of duplicates one counts.
    order
        The contigs, in the order in which the sites are wanted.
    most
        How many at most.
    seed
        Of the draw.
    """
    rank = {contig: index for index, contig in enumerate(order)}
    distinct = {(site.contig, site.position, site.strand, site.kind): site for site in sites}
    by_kind = [[site for site in distinct.values() if site.kind == kind] for kind in KINDS]
    random = np.random.default_rng(seed)
    wanted = min(len(by_kind[0]), max(most // 2, most - len(by_kind[1])))
    chosen: list[Site] = []
    for some, count in zip(by_kind, (wanted, most - wanted), strict=True):
        drawn = random.permutation(len(some))[: max(count, 0)]
        chosen += [some[index] for index in drawn]
    return sorted(chosen, key=lambda site: (rank[site.contig], site.position, site.strand))


def on_genome(
    sites: Sequence[Site],
    lengths: Mapping[str, int],
    regions: Sequence[Interval] | None,
    *,
    path: str,
) -> list[Site]:
    """Sites of a file that lie on the genome, and in the regions if there are any.

    Raises
    ------
    RegionError
        If a site lies on a contig that the genome lacks, or past its end, or none is left.
    """
    for site in sites:
        if site.contig not in lengths:
            known = ", ".join(list(lengths)[:5])
            message = f"the genome has no such contig; it has {known}"
            raise RegionError(message, path=path, contig=site.contig)
        if site.position >= lengths[site.contig]:
            message = f"position {site.position + 1:,} lies past the contig's end"
            raise RegionError(message, path=path, contig=site.contig)
    kept = [site for site in sites if regions is None or any(_inside(site, r) for r in regions)]
    if not kept:
        raise RegionError("it holds no site to explain", path=path)
    return kept


def _inside(site: Site, region: Interval) -> bool:
    return site.contig == region.contig and region.start <= site.position < region.end
