"""Do variants at splice sites do what they must? Against sites that an annotation knows.

Three experiments on one region, which the model must not have been trained on:

*destroyed*: of every annotated GT donor and AG acceptor one base of the dinucleotide is changed.
Expected: a loss of that kind at the site itself. Counted over the sites that the model calls.

*intronic*: as many single-base changes of bases drawn from introns, ten or more bases away from
any annotated site. Expected: no change of 0.1 or more.

*planted*: as many GTs within introns, a hundred or more bases away from any annotated site, have
their surroundings changed to CAG|GTAAGT. Expected: the largest gain of a donor, at its G.

    python benchmarks/variants_sites.py genome.fa annotation.gtf model region --sites 500
"""

from __future__ import annotations

import argparse
import random

import numpy as np
import torch

from splicenet.genome.alphabet import decode, reverse_complement
from splicenet.genome.genes import Gene, Genes
from splicenet.genome.intervals import Interval, Kind, Strand, Transcript, Variant
from splicenet.genome.labels import KINDS
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import open_annotation
from splicenet.inference.effects import CHANGES, Effect
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.variants import Query, VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.modelfile import load_model
from splicenet.model.shipped import model_path

DISTANCE = 50
DINUCLEOTIDES: dict[Kind, str] = {"donor": "GT", "acceptor": "AG"}
CONSENSUS = "CAGGTAAGT"


class Experiments:
    """A region's sites and a model to ask about them."""

    def __init__(self, genome: Genome, region: Interval, scorer: VariantScorer, seed: int) -> None:
        self.genome, self.region, self.scorer = genome, region, scorer
        self.dice = random.Random(seed)

    def sense(self, start: int, length: int, strand: Strand) -> str:
        """Bases from a position on, in the direction of transcription."""
        if strand == "+":
            return decode(self.genome.fetch(self.region.contig, start, start + length))
        codes = self.genome.fetch(self.region.contig, start - length + 1, start + 1)
        return decode(reverse_complement(codes))

    def query(self, start: int, new: str, gene: Gene, origin: int) -> Query:
        """Replace bases from a position on, both in the direction of transcription."""
        if gene.strand == "-":
            start, new = start - len(new) + 1, new[::-1].translate(str.maketrans("ACGT", "TGCA"))
        contig = self.region.contig
        old = decode(self.genome.fetch(contig, start, start + len(new)))
        variant = Variant(contig, start, old, new).trimmed()
        span = compared(variant, DISTANCE, self.genome.lengths[contig])
        return Query(Haplotype(contig, *span, (variant,)), origin, [gene])

    def score(self, queries: list[Query]) -> list[Effect]:
        """One effect a query."""
        found: list[Effect] = []
        for begin in range(0, len(queries), 256):
            found += [one for (one,) in self.scorer.score(queries[begin : begin + 256])]
        return found

    def destroyed(self, sites: list[tuple[int, Kind, Gene]], called: dict[Kind, float]) -> str:
        """Share of losses found where they belong."""
        lines = []
        for kind in KINDS:
            queries = []
            for position, _, gene in (site for site in sites if site[1] == kind):
                step = 1 if gene.strand == "+" else -1
                first = position + step if kind == "donor" else position - 2 * step
                pair = self.sense(first, 2, gene.strand)
                if pair == DINUCLEOTIDES[kind]:
                    at = self.dice.randrange(2)
                    new = self.dice.choice([base for base in "ACGT" if base != pair[at]])
                    queries.append(self.query(first + at * step, new, gene, position))
            index = CHANGES.index("DL" if kind == "donor" else "AL")
            effects = [
                effect
                for effect, probability in zip(
                    self.score(queries), self.before(queries, kind), strict=True
                )
                if probability >= called[kind]
            ]
            right = [effect for effect in effects if effect.offsets[index] == 0]
            strong = [effect for effect in right if effect.scores[index] >= 0.2]
            count = max(len(effects), 1)
            lines.append(
                f"destroyed {kind}\t{len(queries)}\tcalled {len(effects)}"
                f"\tat the site {len(right) / count:.4f}\tand 0.2 or more {len(strong) / count:.4f}"
            )
        return "\n".join(lines)

    def before(self, queries: list[Query], kind: Kind) -> list[float]:
        """Probabilities of the reference at the origins."""
        found = []
        for begin in range(0, len(queries), 256):
            some = queries[begin : begin + 256]
            keys = [(query.haplotype, query.strands[0]) for query in some]
            ref, _ = self.scorer.read(list(dict.fromkeys(keys)))
            found += [
                float(ref[key][KINDS.index(kind), query.origin - key[0].start])
                for key, query in zip(keys, some, strict=True)
            ]
        return found

    def intronic(self, places: list[tuple[int, Gene]]) -> str:
        """Share of changes of intronic bases that stay below 0.1."""
        queries = []
        for position, gene in places:
            old = self.sense(position, 1, gene.strand)
            new = self.dice.choice([base for base in "ACGT" if base != old])
            queries.append(self.query(position, new, gene, position))
        quiet = [max(effect.scores) < 0.1 for effect in self.score(queries)]
        return f"intronic\t{len(quiet)}\tbelow 0.1 {np.mean(quiet):.4f}"

    def planted(self, places: list[tuple[int, Gene]]) -> str:
        """Share of planted donors whose gain is the largest, and at the right base."""
        queries = []
        for position, gene in places:
            step = 1 if gene.strand == "+" else -1
            queries.append(self.query(position - 2 * step, CONSENSUS, gene, position))
        effects = self.score(queries)
        index = CHANGES.index("DG")
        gained = [effect for effect in effects if effect.scores[index] >= 0.1]
        right = [effect.offsets[index] == 0 for effect in effects]
        sure = [effect.offsets[index] == 0 for effect in gained]
        return (
            f"planted\t{len(effects)}\tlargest gain at the G {np.mean(right):.4f}"
            f"\tgain of 0.1 or more {len(gained)}\tof these at the G {np.mean(sure or [0]):.4f}"
        )


def sites_of(
    transcripts: tuple[Transcript, ...], genes: Genes, region: Interval
) -> tuple[list[tuple[int, Kind, Gene]], list[tuple[int, int, Gene]]]:
    """Annotated sites (position, kind, gene) and introns (start, end, gene) in a region."""
    sites: dict[tuple[int, Kind, Strand], Gene] = {}
    introns: dict[tuple[int, int], Gene] = {}
    for transcript in transcripts:
        inside = region.start + 1000 < transcript.start and transcript.end < region.end - 1000
        if transcript.contig != region.contig or not inside or not transcript.introns:
            continue
        gene = next(
            g
            for g in genes.named(transcript.gene or transcript.name)
            if (g.strand == transcript.strand and g.span.start <= transcript.start < g.span.end)
        )
        for intron in transcript.introns:
            sites.setdefault((intron.donor, "donor", gene.strand), gene)
            sites.setdefault((intron.acceptor, "acceptor", gene.strand), gene)
            introns.setdefault((intron.start, intron.end), gene)
    return (
        [(position, kind, gene) for (position, kind, _), gene in sites.items()],
        [(start, end, gene) for (start, end), gene in introns.items()],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("genome", "annotation", "model", "region"):
        parser.add_argument(name)
    parser.add_argument("--sites", type=int, default=500, help="sites of either kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(model_path(options.model))
    with open_genome(options.genome) as genome:
        (region,) = read_regions(options.region, genome.lengths)
        transcripts = open_annotation(options.annotation, genome).transcripts
        genes = Genes(transcripts)
        sites, introns = sites_of(transcripts, genes, region)
        scorer = VariantScorer(WindowReader(model, device=options.device), genome)
        experiments = Experiments(genome, region, scorer, options.seed)
        dice = experiments.dice
        known = np.array(sorted(position for position, _, _ in sites))

        def away(position: int) -> int:
            return int(np.abs(known - position).min())

        def draw(least: int, count: int, before: str = "") -> list[tuple[int, Gene]]:
            drawn: list[tuple[int, Gene]] = []
            weights = [end - start for start, end, _ in introns]
            for _ in range(1000 * count):
                if len(drawn) == count:
                    break
                ((start, end, gene),) = dice.choices(introns, weights)
                position = dice.randrange(start, end)
                step = 1 if gene.strand == "+" else -1
                following = experiments.sense(position + step, 2, gene.strand)
                if away(position) >= least and following.startswith(before):
                    drawn.append((position, gene))
            return drawn

        kinds = {kind: [site for site in sites if site[1] == kind] for kind in KINDS}
        chosen = [
            site
            for some in kinds.values()
            for site in dice.sample(some, min(options.sites, len(some)))
        ]
        print(f"{region}\t{len(sites)} sites\tmodel {options.model}")
        print(experiments.destroyed(chosen, dict(model.threshold)), flush=True)
        print(experiments.intronic(draw(10, options.sites)), flush=True)
        print(experiments.planted(draw(100, options.sites, "GT")), flush=True)


if __name__ == "__main__":
    main()
