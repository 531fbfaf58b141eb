"""Which sites to explain: as many of either kind, drawn by a seed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from splicenet.exceptions import RegionError
from splicenet.genome.intervals import Interval, Site
from splicenet.genome.labels import KINDS

__all__ = ["choose_sites", "inside"]


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


def inside(sites: Sequence[Site], regions: Sequence[Interval] | None, *, path: str) -> list[Site]:
    """Sites of a file that lie in the regions, if there are any.

    Raises
    ------
    RegionError
        If none is left.
    """
    kept = [site for site in sites if regions is None or any(_inside(site, r) for r in regions)]
    if not kept:
        raise RegionError("it holds no site to explain", path=path)
    return kept


def _inside(site: Site, region: Interval) -> bool:
    return site.contig == region.contig and region.start <= site.position < region.end
