"""Do variants at splice sites do what they must? Against sites that an annotation knows.

Experiments on one region, which the model must not have been trained on:

*destroyed*: of every annotated GT donor and AG acceptor one base of the dinucleotide is changed.
Expected: a loss of that kind at the site itself. Counted over the sites that the model calls.

*skipped*: the same for exons within genes both ends of which the model calls. Expected: the other
end is lost too, as when the exon is skipped.

*intronic*: as many single-base changes of bases drawn from introns, ten or more bases away from
any annotated site. Expected: no change of 0.1 or more. Those that make one are told apart by how
far the nearest annotated site is and by where the change is: at an annotated site, at a GT or AG
that the variant makes or breaks, at another GT or AG, elsewhere.

*planted*, *strengthened*: as many GTs within introns, a hundred or more bases away from any
annotated site, have their surroundings changed to CAG|GTAAGT; or, if their +3 to +6 are weak (AAGT
agrees in one base at most), these four alone. Expected: the largest gain of a donor, at its G.

    python benchmarks/variants_sites.py genome.fa annotation.gtf model region --sites 500
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import torch
from splice_places import DINUCLEOTIDES, Known, Region

from splicenet.genome.genes import Gene, Genes
from splicenet.genome.intervals import Kind
from splicenet.genome.labels import KINDS
from splicenet.genome.regions import read_regions
from splicenet.genome.sequence import open_genome
from splicenet.genome.species import open_annotation
from splicenet.inference.effects import CHANGES, CHANGES_OF, Effect
from splicenet.inference.variants import Query, VariantScorer
from splicenet.inference.windows import WindowReader
from splicenet.model.shipped import open_model

CONSENSUS = "CAGGTAAGT"
WEAK = 1
NEARNESS = (10, 20, 50, 200)
EXPERIMENTS = ("destroyed", "skipped", "intronic", "planted")


class Experiments(Region):
    """What variants must do, one method each; ``called`` are thresholds of probability."""

    called: dict[Kind, float]

    def destroyed(self, count: int) -> None:
        """Share of losses found where they belong."""
        for kind in KINDS:
            sites = [(p, gene) for (p, k, _), gene in self.known.sites.items() if k == kind]
            queries = [
                query
                for position, gene in self.dice.sample(sites, min(count, len(sites)))
                if (query := self.breaking(position, kind, gene)) is not None
            ]
            before = self.at(queries, [(query.origin, kind) for query in queries])[:, 0]
            called = before >= self.called[kind]
            index = CHANGES.index("DL" if kind == "donor" else "AL")
            effects = [one for one, sure in zip(self.score(queries), called, strict=True) if sure]
            right = [effect for effect in effects if effect.offsets[index] == 0]
            strong = [effect for effect in right if effect.scores[index] >= 0.2]
            report(
                f"destroyed {kind}",
                changed=len(queries),
                called=len(effects),
                at_the_site=share(len(right), len(effects)),
                and_0_2_or_more=share(len(strong), len(effects)),
            )

    def skipped(self, count: int) -> None:
        """Share of exons of which the other end is lost with the one that is destroyed."""
        exons = self.dice.sample(list(self.known.exons.items()), min(count, len(self.known.exons)))
        for kind in KINDS:
            other: Kind = "acceptor" if kind == "donor" else "donor"
            queries, ends = [], []
            for (start, end, strand), gene in exons:
                right = (kind == "donor") == (strand == "+")
                site, partner = (end - 1, start) if right else (start, end - 1)
                query = self.breaking(site, kind, gene, end - start + 10)
                if query is not None:
                    queries.append(query)
                    ends.append((partner, other))
            own = self.at(queries, [(query.origin, kind) for query in queries])
            far = self.at(queries, ends)
            sure = (own[:, 0] >= self.called[kind]) & (far[:, 0] >= self.called[other])
            effects = [one for one, both in zip(self.score(queries), sure, strict=True) if both]
            wanted = [e[0] - q.origin for e, q, s in zip(ends, queries, sure, strict=True) if s]
            index = CHANGES.index("DL" if other == "donor" else "AL")
            placed = [e.offsets[index] == at for e, at in zip(effects, wanted, strict=True)]
            losses = (far[:, 0] - far[:, 1])[sure]
            lost = far[sure, 1] < self.called[other]
            report(
                f"skipped, {kind} destroyed",
                changed=len(queries),
                both_ends_called=len(effects),
                largest_other_loss_at_the_other_end=share(sum(placed), len(placed)),
                loses_0_1_or_more=share(int((losses >= 0.1).sum()), len(losses)),
                no_longer_called=share(int(lost.sum()), len(losses)),
            )

    def intronic(self, count: int) -> None:
        """Share of changes of intronic bases that stay below 0.1, and what the others are."""
        places = self.draw(NEARNESS[0], count)
        queries = []
        for position, gene in places:
            old = self.sense(position, 1, gene.strand)
            new = self.dice.choice([base for base in "ACGT" if base != old])
            queries.append(self.query(position, new, gene, position))
        found = list(zip(queries, self.score(queries), strict=True))
        self._split("intronic", found)
        for least, most in zip(NEARNESS, (*NEARNESS[1:], None), strict=True):
            far = [self.known.away(query.origin) for query in queries]
            some = [
                pair
                for pair, bases in zip(found, far, strict=True)
                if least <= bases and (most is None or bases < most)
            ]
            self._split(f"intronic, {least} to {most or '...'} bases off", some)

    def _split(self, name: str, found: list[tuple[Query, Effect]]) -> None:
        loud = [pair for pair in found if max(pair[1].scores) >= 0.1]
        where = Counter(self._where(*pair) for pair in loud)
        report(
            name,
            changed=len(found),
            below_0_1=share(len(found) - len(loud), len(found)),
            **{what: where[what] for what in ("annotated", "made_or_broken", "other", "elsewhere")},
        )

    def _where(self, query: Query, effect: Effect) -> str:
        """What there is where the largest change is."""
        index = int(np.argmax(effect.scores))
        row, _ = CHANGES_OF[index]
        site = query.origin + effect.offsets[index]
        if (site, KINDS[row], effect.strand) in self.known.sites:
            return "annotated"
        pair = DINUCLEOTIDES[KINDS[row]]
        step = 1 if effect.strand == "+" else -1
        first = site + step if KINDS[row] == "donor" else site - 2 * step
        before = self.sense(first, 2, effect.strand)
        (edit,) = query.haplotype.edits
        new = (
            edit.alt if effect.strand == "+" else edit.alt.translate(str.maketrans("ACGT", "TGCA"))
        )
        at = (edit.start - first) * step
        after = before[:at] + new + before[at + 1 :] if at in (0, 1) else before
        if before != after and pair in (before, after):
            return "made_or_broken"
        return "other" if before == pair else "elsewhere"

    def planted(self, count: int) -> None:
        """Share of planted donors whose gain is the largest, and at the right base."""

        def is_weak(position: int, gene: Gene) -> bool:
            step = 1 if gene.strand == "+" else -1
            after = self.sense(position + 3 * step, 4, gene.strand)
            return sum(a == b for a, b in zip(after, CONSENSUS[5:], strict=True)) <= WEAK

        for name, first, places in (
            ("planted", -2, self.draw(100, count, self._before_gt)),
            (
                "strengthened",
                3,
                self.draw(100, count, lambda p, g: self._before_gt(p, g) and is_weak(p, g)),
            ),
        ):
            queries = [
                self.query(
                    position + (first if gene.strand == "+" else -first),
                    CONSENSUS if name == "planted" else CONSENSUS[5:],
                    gene,
                    position,
                )
                for position, gene in places
            ]
            effects = self.score(queries)
            index = CHANGES.index("DG")
            gained = [effect for effect in effects if effect.scores[index] >= 0.1]
            right = sum(effect.offsets[index] == 0 for effect in effects)
            sure = sum(effect.offsets[index] == 0 for effect in gained)
            report(
                name,
                changed=len(effects),
                largest_gain_at_the_G=share(right, len(effects)),
                gain_of_0_1_or_more=len(gained),
                of_these_at_the_G=share(sure, len(gained)),
            )

    def _before_gt(self, position: int, gene: Gene) -> bool:
        step = 1 if gene.strand == "+" else -1
        return self.sense(position + step, 2, gene.strand) == "GT"


def share(part: int, whole: int) -> str:
    """A proportion as text."""
    return f"{part / whole:.4f}" if whole else "-"


def report(name: str, **figures: object) -> None:
    """Print one line."""
    print(f"{name}\t" + "\t".join(f"{key} {value}" for key, value in figures.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for name in ("genome", "annotation", "model", "region"):
        parser.add_argument(name)
    parser.add_argument("--sites", type=int, default=500, help="of each experiment")
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=EXPERIMENTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = open_model(options.model)
    with open_genome(options.genome) as genome:
        (region,) = read_regions(options.region, genome)
        transcripts = open_annotation(options.annotation, genome).transcripts
        known = Known(transcripts, Genes(transcripts), region)
        scorer = VariantScorer(WindowReader(model, device=options.device), genome)
        experiments = Experiments(genome, region, scorer, known, options.seed)
        experiments.called = dict(model.threshold)
        print(f"{region}\t{len(known.sites)} sites\tmodel {options.model}", flush=True)
        for experiment in options.only:
            getattr(experiments, experiment)(options.sites)


if __name__ == "__main__":
    main()
