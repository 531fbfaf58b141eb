"""The stretch of sequence around a site that is explained.

Positions are 0-based on the plus strand; codes are in the direction of transcription, with the
site at the same index in every window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from splicenet.genome.alphabet import N, reverse_complement
from splicenet.genome.intervals import Kind, Site
from splicenet.genome.labels import ACCEPTOR, DONOR, KINDS

__all__ = ["CLASS", "SiteWindows", "one_hot"]

CLASS = {"donor": DONOR, "acceptor": ACCEPTOR}
"""Index of a kind's class among the network's outputs."""

Fetch = Callable[[str, int, int], np.ndarray]
"""``fetch(contig, start, end)`` gives codes; positions outside the contig come back as N."""


def one_hot(codes: np.ndarray) -> np.ndarray:
    """Codes (..., L) as A, C, G, T (..., L, 4), float32; N is zeros."""
    return np.eye(N + 1, N, dtype=np.float32)[codes]


@dataclass(frozen=True)
class SiteWindows:
    """Windows of one length around sites.

    Parameters
    ----------
    sites
        The sites, N of them.
    codes
        Bases in reading direction, (N, L), uint8; N beyond the ends of a contig.
    """

    sites: Sequence[Site]
    codes: np.ndarray

    @classmethod
    def around(cls, sites: Sequence[Site], fetch: Fetch, *, length: int) -> SiteWindows:
        """Read the windows; ``fetch`` is a genome's."""
        codes = np.full((len(sites), length), N, np.uint8)
        for row, site in zip(codes, sites, strict=True):
            start = _start(site, length)
            bases = fetch(site.contig, start, start + length)
            row[:] = reverse_complement(bases) if site.strand == "-" else bases
        return cls(sites, codes)

    def __len__(self) -> int:
        return len(self.sites)

    def __getitem__(self, rows: slice) -> SiteWindows:
        return SiteWindows(self.sites[rows], self.codes[rows])

    @property
    def there(self) -> list[Kind]:
        """Kinds of the sites, donors first."""
        found = {site.kind for site in self.sites}
        return [kind for kind in KINDS if kind in found]

    def rows(self, kind: Kind) -> np.ndarray:
        """Which of the windows are round sites of a kind, (n,), int64."""
        return np.flatnonzero([site.kind == kind for site in self.sites])

    def some(self, rows: np.ndarray) -> SiteWindows:
        """Some of the windows, by their indices."""
        return SiteWindows([self.sites[row] for row in rows], self.codes[rows])

    @property
    def centre(self) -> int:
        """Index of the site in every window."""
        return self.codes.shape[1] // 2

    @property
    def offsets(self) -> np.ndarray:
        """Distance of every base from the site in reading direction, (L,); negative upstream."""
        return np.arange(self.codes.shape[1]) - self.centre

    @property
    def kinds(self) -> np.ndarray:
        """Class of each site among the network's outputs, (N,), int64."""
        return np.array([CLASS[site.kind] for site in self.sites], dtype=np.int64)

    @property
    def starts(self) -> np.ndarray:
        """First base on the plus strand, (N,), int64; negative before the contig's beginning."""
        length = self.codes.shape[1]
        return np.array([_start(site, length) for site in self.sites], dtype=np.int64)

    def on_plus(self, values: np.ndarray) -> np.ndarray:
        """Values of bases, (N, L), in the order of the plus strand from :attr:`starts` on."""
        minus = np.array([site.strand == "-" for site in self.sites], dtype=bool)[:, None]
        return np.where(minus, values[:, ::-1], values)


def _start(site: Site, length: int) -> int:
    """A window of even length has one base more upstream than downstream."""
    before = length // 2
    return site.position - (length - 1 - before if site.strand == "-" else before)
