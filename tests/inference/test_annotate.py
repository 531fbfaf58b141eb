from __future__ import annotations

import tracemalloc

import pytest

from splicenet.exceptions import VariantError
from splicenet.genome.alphabet import decode
from splicenet.genome.genes import Genes
from splicenet.genome.intervals import Transcript
from splicenet.genome.sequence import open_genome
from splicenet.genome.vcf import VcfRecord
from splicenet.inference.alleles import LONGEST
from splicenet.inference.annotate import Annotator
from splicenet.inference.effects import Effect


class Listener:
    """Stands for a scorer: remembers what it is asked and answers with the question's number."""

    def __init__(self):
        self.asked = []

    def score(self, queries):
        answers = []
        for query in queries:
            self.asked.append(query)
            names = ["+", "-"] if query.genes is None else [gene.name for gene in query.genes]
            at = query.origin
            answers.append([Effect(n, "+", (0.0,) * 4, (at,) * 4, (), ()) for n in names])
        return answers


@pytest.fixture(scope="module")
def genome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture
def base(genome, fly_files):
    """``base(start, n)`` gives bases of the genome."""
    return lambda start, n=1: decode(genome.fetch(fly_files.contig, start, start + n))


def record(start, ref, *alts, contig="4", genotype=None):
    columns = [contig, str(start + 1), ".", ref, ",".join(alts) or ".", ".", ".", "."]
    if genotype is not None:
        columns += ["GT:PS" if ":" in genotype else "GT", genotype]
    return VcfRecord(contig, start, ref, alts, tuple(columns), start)


def annotator(genome, fly_files, **options):
    return Annotator(Listener(), genome, {"4": fly_files.contig}, **options)


def other(base):
    return "A" if base != "A" else "C"


def test_every_allele_has_scores_or_a_reason(genome, fly_files, base):
    length = genome.lengths[fly_files.contig]
    first = base(50_000)
    records = [
        record(50_000, first, other(first), "*", "<DEL>", first, first + "[4:7["),
        record(50_000, first),
        record(50_000, first, "?!", ""),
        record(50_000, other(first), first),
        record(50_000, first, "C" + "A" * (LONGEST + 1)),
        record(length, "A", "C"),
        record(-1, "N", "NA"),
        record(50_000, first, other(first), contig="elsewhere"),
        record(50_000, first.lower(), other(first).lower()),
    ]
    run = list(annotator(genome, fly_files).run(records))
    assert [one for one, _ in run] == records
    assert [[reason for _, reason in found.skipped] for _, found in run] == [
        ["star", "symbolic", "same", "symbolic"],
        ["no_alt"],
        ["not_dna", "not_dna"],
        ["ref_mismatch"],
        ["too_long"],
        ["outside"],
        ["outside"],
        ["contig"],
        [],
    ]
    assert [(a, e.symbol) for a, e in run[0][1].effects] == [
        (other(first), "+"),
        (other(first), "-"),
    ]


def test_overlapping_genes_are_all_asked_for(genome, fly_files, base):
    genes = Genes(
        [
            Transcript(fly_files.contig, "+", ((40_000, 60_000),), gene="a"),
            Transcript(fly_files.contig, "-", ((50_000, 70_000),), gene="b"),
        ]
    )
    records = [record(at, base(at), other(base(at))) for at in (45_000, 55_000, 65_000, 75_000)]
    run = [found for _, found in annotator(genome, fly_files, genes=genes).run(records)]
    assert [[e.symbol for _, e in found.effects] for found in run] == [["a"], ["a", "b"], ["b"], []]
    assert run[3].skipped == ((records[3].alts[0], "no_gene"),)


def test_an_insertion_belongs_to_the_gene_of_the_base_before_it(genome, fly_files, base):
    genes = Genes([Transcript(fly_files.contig, "+", ((40_000, 50_001),), gene="a")])
    before, behind = (
        record(50_000, base(50_000), base(50_000) + "T" * 9),
        record(50_001, base(50_001), base(50_001) + "T" * 9),
    )
    run = [found for _, found in annotator(genome, fly_files, genes=genes).run([before, behind])]
    assert [len(found.effects) for found in run] == [1, 0]


def test_order_and_number_stay_over_many_chunks(genome, fly_files, base):
    records = [record(at, base(at), other(base(at))) for at in range(60_000, 61_500)][::-1]
    run = list(annotator(genome, fly_files).run(iter(records)))
    assert [one for one, _ in run] == records
    assert all(found.effects[0][1].offsets[0] == one.start for one, found in run)


def test_another_assembly_is_noticed(genome, fly_files, base):
    records = [record(at, other(base(at)), base(at)) for at in range(60_000, 60_040)]
    with pytest.raises(VariantError, match="40 of the first 40 .* another assembly"):
        list(annotator(genome, fly_files).run(records))
    few = list(annotator(genome, fly_files).run(records[:3]))
    assert all(found.skipped for _, found in few)


def test_what_stands_before_an_error_comes_out(genome, fly_files, base):
    def broken():
        for at in range(60_000, 60_700):
            yield record(at, base(at), other(base(at)))
        raise VariantError("broken")

    seen = []
    with pytest.raises(VariantError, match="broken"):
        for one, _ in annotator(genome, fly_files).run(broken()):
            seen.append(one.start)
    assert seen == list(range(60_000, 60_700))


def test_a_resumed_run_is_not_judged_by_what_is_left(genome, fly_files, base):
    good = [record(at, base(at), other(base(at))) for at in range(60_000, 60_560)]
    bad = [record(at, other(base(at)), base(at)) for at in range(61_000, 61_060)]
    whole = list(annotator(genome, fly_files).run(good + bad))
    stored = [found for _, found in whole[:520]]
    assert list(annotator(genome, fly_files).run(good + bad, stored)) == whole


def test_what_is_stored_is_not_asked_again(genome, fly_files, base):
    records = [record(at, base(at), other(base(at))) for at in range(60_000, 60_600)]
    whole = list(annotator(genome, fly_files).run(records))
    again = annotator(genome, fly_files)
    assert list(again.run(records, [found for _, found in whole[:550]])) == whole
    assert [query.origin for query in again.scorer.asked] == list(range(60_550, 60_600))


@pytest.mark.parametrize(
    ("genotypes", "together"),
    [
        (("0|1", "0|1", "0|1"), (3, 3, 3)),
        (("0|1", "1|0", "0|1"), (2, 1, 2)),
        (("0|1", "0/1", "0|1"), (2, 1, 2)),
        (("0|1", "1/1", "0|1"), (3, 3, 3)),
        (("0|1:7", "0|1:8", "0|1:7"), (2, 1, 2)),
        (("0|1:7", "1/1", "0|1:7"), (3, 3, 3)),
        ((".|1", "0|.", "1"), (1, 1, 1)),
    ],
)
def test_neighbours_of_one_haplotype_are_applied_together(
    genome, fly_files, base, genotypes, together
):
    at = (60_000, 60_005, 60_020)
    records = [
        record(at[0], base(at[0]), other(base(at[0])), genotype=genotypes[0]),
        record(at[1], base(at[1], 3), base(at[1]), genotype=genotypes[1]),
        record(at[2], base(at[2]), base(at[2]) + "TT", genotype=genotypes[2]),
        record(60_300, base(60_300), other(base(60_300)), genotype="0|1"),
    ]
    one = annotator(genome, fly_files, sample=0)
    list(one.run(records))
    most = dict.fromkeys(at, 0)
    for query in one.scorer.asked:
        most[query.origin] = max(most.get(query.origin, 0), len(query.haplotype.edits))
    assert tuple(most.values())[:3] == together
    for query in one.scorer.asked:
        edits = query.haplotype.edits
        assert list(edits) == sorted(edits, key=lambda edit: edit.start)
    assert len(one.scorer.asked[-1].haplotype.edits) == 1


def test_what_both_haplotypes_carry_is_scored_on_both(genome, fly_files, base):
    at = (60_000, 60_005, 60_020, 60_025)
    records = [
        record(p, base(p), other(base(p)), genotype=genotype)
        for p, genotype in zip(at, ("0|1:7", "1/1", "1|0:7", "0|1:8"), strict=True)
    ]

    class Loud(Listener):
        """The more is changed to the left, the more it does."""

        def score(self, queries):
            names = super().score(queries)
            return [
                [e._replace(scores=(sum(v.start < 60_005 for v in q.haplotype.edits) / 4,) * 4)
                 for e in some]
                for q, some in zip(queries, names, strict=True)
            ]  # fmt: skip

    one = annotator(genome, fly_files, sample=0)
    one.scorer = Loud()
    run = list(one.run(records))
    read = [
        [edit.start for edit in query.haplotype.edits]
        for query in one.scorer.asked
        if query.origin == at[1]
    ]
    assert read == [[at[1], at[2]], [at[0], at[1]]], "the nearer phase set, 7, on both haplotypes"
    assert [(a, e.symbol, e.scores[0]) for a, e in run[1][1].effects] == [
        (records[1].alts[0], "+", 0.25),
        (records[1].alts[0], "-", 0.25),
    ]


def test_neighbours_reach_over_many_chunks(genome, fly_files, base):
    """At a long distance several chunks lie within reach."""
    records = [
        record(at, base(at), other(base(at)), "*", genotype="0|1") for at in range(60_000, 60_800)
    ]
    one = annotator(genome, fly_files, sample=0, distance=300)
    list(one.run(records))
    counts = [len(query.haplotype.edits) for query in one.scorer.asked]
    assert set(counts[300:-300]) == {601}


def test_far_comparisons_come_in_small_chunks(genome, fly_files, base):
    """So that what is compared does not fill the memory."""

    class Counting(Listener):
        def score(self, queries):
            sizes.append(sum(q.haplotype.end - q.haplotype.start for q in queries))
            return super().score(queries)

    records = [record(at, base(at), other(base(at))) for at in range(60_000, 60_600)]
    for distance in (50, 5_000, 100_000):
        sizes: list[int] = []
        one = annotator(genome, fly_files, distance=distance)
        one.scorer = Counting()
        assert len(list(one.run(records))) == 600
        assert max(sizes) < 1.2 * (1 << 19)


def test_letters_for_several_bases(tmp_path):
    (tmp_path / "iupac.fa").write_text(">c\n" + "ACGT" * 5 + "RYN" + "ACGT" * 5 + "\n")
    reasons = {}
    with open_genome(tmp_path / "iupac.fa") as genome:
        for start, ref, alt in (
            (0, "A", "R"),
            (0, "A", "AN"),
            (0, "R", "T"),
            (0, "Y", "T"),
            (20, "A", "C"),
            (20, "R", "C"),
            (20, "C", "A"),
            (20, "N", "A"),
            (21, "YN", "Y"),
            (22, "G", "T"),
            (19, "TGC", "T"),
        ):
            one = Annotator(Listener(), genome, {"c": "c"})
            ((_, found),) = one.run([record(start, ref, alt, contig="c")])
            reasons[start, ref, alt] = [reason for _, reason in found.skipped]
    assert [key for key, reason in reasons.items() if reason == ["ambiguous"]] == [
        (0, "A", "R"),
        (0, "A", "AN"),
    ]
    assert [key for key, reason in reasons.items() if reason == ["ref_mismatch"]] == [
        (0, "Y", "T"),
        (20, "C", "A"),
    ]
    assert sum(not reason for reason in reasons.values()) == 7


def test_overlapping_variants_are_not_put_together(genome, fly_files, base):
    records = [
        record(60_000, base(60_000, 5), base(60_000), genotype="0|1"),
        record(60_002, base(60_002), other(base(60_002)), genotype="0|1"),
        record(60_004, base(60_004), base(60_004) + "G", genotype="0|1"),
    ]
    one = annotator(genome, fly_files, sample=0)
    list(one.run(records))
    counts = [len(query.haplotype.edits) for query in one.scorer.asked]
    assert counts == [2, 2, 2]


def test_neighbours_reach_over_chunks(genome, fly_files, base):
    records = [
        record(at, base(at), other(base(at)), genotype="0|1") for at in range(60_000, 60_600)
    ]
    one = annotator(genome, fly_files, sample=0, distance=5)
    list(one.run(records))
    counts = [len(query.haplotype.edits) for query in one.scorer.asked]
    assert set(counts[5:-5]) == {11}


def test_memory_does_not_grow_with_the_file(genome, fly_files, base):
    letters = base(60_000, 5_000)

    def records(count):
        for index in range(count):
            at = 60_000 + index * 5_000 // count
            yield record(at, letters[at - 60_000], other(letters[at - 60_000]))

    class Forgetful(Listener):
        def score(self, queries):
            answers = super().score(queries)
            self.asked.clear()
            return answers

    def peak(count):
        one = Annotator(Forgetful(), genome, {"4": fly_files.contig})
        tracemalloc.start()
        for _ in one.run(records(count)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(4_500) < 1.3 * peak(1_500)
