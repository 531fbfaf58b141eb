"""Why a left-out network misses donors: its scores by the G and C around, and by the intron.

Annotated donors and GTs drawn at random, from the sequence that judges a species, as the network of
``splicenet crossval`` that never saw it scores them and as the species' own does. Donors are taken
by quarters of G and C within 500 bases, and of the distance to the next acceptor. The folder of
genomes is as :mod:`left_out` says, that of the folds as crossval left it.

    python benchmarks/composition.py --genomes genomes --folds benchmark-data/crossval/folds
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from left_out import judged_regions, open_all

from splicenet.genome.alphabet import LETTERS, reverse_complement
from splicenet.genome.interval_sets import thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model

G, C, T = map(LETTERS.index, "GCT")
AROUND = 1024
"""Bases that a network reads on either side of what is scored."""
NEAR = 500
RARE = 0.98
"""Donors count as found above this share of the GTs."""


class Places(NamedTuple):
    """Bases with what lies around them; 0-based."""

    sequence: np.ndarray
    """Codes, (places, 2 x AROUND), in the direction of transcription; the base is at AROUND."""
    intron: np.ndarray
    """Bases from donors to the next acceptor of the strand."""

    @property
    def gc(self) -> np.ndarray:
        """Share of G and C nearby."""
        near = self.sequence[:, AROUND - NEAR : AROUND + NEAR]
        return np.isin(near, (G, C)).mean(axis=1)


def read(species: Species, contig: str, position: int, strand: str) -> np.ndarray:
    """What lies around a base, in the direction of transcription."""
    if strand == "+":
        return species.genome.fetch(contig, position - AROUND, position + AROUND)
    turned = species.genome.fetch(contig, position - AROUND + 1, position + AROUND + 1)
    return reverse_complement(turned)


def donors(species: Species, regions: list[Interval]) -> Places:
    """The annotated donors of the regions."""
    sequence, introns = [], []
    for region in regions:
        for strand, sign in (("+", 1), ("-", -1)):
            found, acceptors = (
                species.labels.of_kind(region.contig, strand, kind)
                for kind in ("donor", "acceptor")
            )
            for position in found[(found >= region.start) & (found < region.end)]:
                ahead = sign * (acceptors - position)
                sequence.append(read(species, region.contig, int(position), strand))
                introns.append(ahead[ahead > 0].min())
    return Places(np.stack(sequence), np.array(introns))


def random_gts(species: Species, regions: list[Interval], count: int, seed: int) -> Places:
    """Bases before a GT that are no donors."""
    rng = np.random.default_rng(seed)
    ends = np.cumsum([len(region) for region in regions])
    sequence: list[np.ndarray] = []
    while len(sequence) < count:
        place = int(rng.integers(ends[-1]))
        index = int(np.searchsorted(ends, place, side="right"))
        region = regions[index]
        position, strand = region.end - (int(ends[index]) - place), str(rng.choice(["+", "-"]))
        around = read(species, region.contig, position, strand)
        known = species.labels.of_kind(region.contig, strand, "donor")
        if (around[AROUND + 1], around[AROUND + 2]) == (G, T) and position not in known:
            sequence.append(around)
    return Places(np.stack(sequence), np.zeros(0))


def scores(path: Path, sequence: np.ndarray) -> np.ndarray:
    """Logarithms of the network's donor probability, uncalibrated."""
    network = load_model(path).network.fused()
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(some)).log_softmax(1)[:, 1, AROUND]
            for some in np.array_split(sequence, len(sequence) // 16 + 1)
        ]
    return torch.cat(parts).numpy()


def quarters(values: np.ndarray) -> list[tuple[float, float, np.ndarray]]:
    """From where to where each quarter of the values lies, and which they are."""
    cuts = np.quantile(values, (0, 0.25, 0.5, 0.75, 1))
    index = np.searchsorted(cuts[1:-1], values, side="right")
    return [(*cuts[one : one + 2].tolist(), index == one) for one in range(4)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True)
    parser.add_argument("--folds", type=Path, default=Path("benchmark-data/crossval/folds"))
    parser.add_argument("--species", default="homo_sapiens")
    parser.add_argument("--bases", type=int, default=4_000_000, help="of one strand")
    parser.add_argument("--gts", type=int, default=4_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, default=Path("benchmarks/results/composition.tsv"))
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    species = open_all(options.genomes, [options.species])[options.species]
    regions = thin_out(judged_regions(options.genomes, species), options.bases)
    true = donors(species, regions)
    false = random_gts(species, regions, options.gts, options.seed)
    print(f"G and C, median: donors {np.median(true.gc):.2f}, GTs {np.median(false.gc):.2f}")
    rows = []
    for network in ("without", "within"):
        path = options.folds / f"{network}-{options.species}-{options.seed}" / "model.splicenet"
        said, others = scores(path, true.sequence), scores(path, false.sequence)
        for what, values in (("G and C", true.gc), ("intron", true.intron)):
            for low, high, some in quarters(values):
                found = float((said[some] > np.quantile(others, RARE)).mean())
                rows.append((network, what, low, high, int(some.sum()), found))
    columns = ["network", "by", "from", "to", "donors", "found"]
    table = pd.DataFrame(rows, columns=columns).round(3)
    print(table.to_string(index=False))
    table.to_csv(options.table, sep="\t", index=False)


if __name__ == "__main__":
    main()
