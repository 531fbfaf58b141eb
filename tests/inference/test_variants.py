from __future__ import annotations

import random
from os.path import commonprefix

import numpy as np
import pytest
import torch

from splicenet.genome.alphabet import decode, encode, reverse_complement
from splicenet.genome.genes import Gene
from splicenet.genome.intervals import Interval, Variant
from splicenet.genome.labels import KINDS
from splicenet.genome.sequence import open_genome
from splicenet.inference.effects import CHANGES, largest_changes
from splicenet.inference.haplotypes import Haplotype, compared
from splicenet.inference.substitutions import _alike, _Change
from splicenet.inference.variants import Query, VariantScorer
from splicenet.inference.windows import Window, WindowReader
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import Model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.scale import Scale

DISTANCE = 40
VARIANT_KINDS = ("snv", "insertion", "deletion", "mnv", "complex")


@pytest.fixture(scope="module")
def genome(fly_files):
    with open_genome(fly_files.fasta) as genome:
        yield genome


@pytest.fixture(scope="module")
def reader(trained_model):
    return WindowReader(trained_model, batch_tokens=1 << 14)


def shaken(config):
    """A network in which every level has a say."""
    torch.manual_seed(1)
    network = SpliceNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        network.head.weight.normal_()
    return network.eval()


def ask(genome, contig, start, ref, alt, *, genes=None, distance=DISTANCE):
    variant = Variant(contig, start, ref, alt).trimmed()
    span = compared(variant, distance, genome.lengths[contig])
    return Query(Haplotype(contig, *span, (variant,)), start, genes)


def random_allele(dice, kind, read):
    """REF, ALT of a random variant; ``read(n)`` gives the next ``n`` bases of the genome."""

    def bases(count):
        return "".join(dice.choices("ACGT", k=count))

    if kind == "snv":
        ref = read(1)
        return ref, dice.choice([base for base in "ACGT" if base != ref])
    if kind == "insertion":
        ref = read(1)
        return ref, ref + bases(dice.randrange(1, 30))
    if kind == "deletion":
        ref = read(dice.randrange(2, 30))
        return ref, ref[0]
    count = dice.randrange(2, 6)
    return read(count if kind == "mnv" else dice.randrange(2, 20)), bases(
        count if kind == "mnv" else dice.randrange(2, 20)
    )


class Definition:
    """The scores by their definition: whole windows, one by one, base by base."""

    def __init__(self, model, sequence, distance=DISTANCE):
        self.model, self.sequence, self.distance = model, sequence, distance
        self.phase = model.network.config.phase
        self.flank = self.phase * (model.flank // self.phase + 5)

    @torch.inference_mode()
    def read(self, codes, start, end, strand, shift):
        """Probabilities at ``[start, end)`` read so that ``shift`` counts as phase 0."""
        left = start - self.flank
        left -= (left - shift) % self.phase
        right = end + self.flank
        right += (left - right) % self.phase
        padded = np.full(right - left, 4, np.uint8)
        inside = codes[max(left, 0) : right]
        padded[max(-left, 0) : max(-left, 0) + len(inside)] = inside
        sense = padded if strand == "+" else reverse_complement(padded)
        raw = self.model.network(torch.from_numpy(sense.copy())[None]).softmax(1)[0, 1:].numpy()
        raw = (raw if strand == "+" else raw[:, ::-1])[:, start - left : end - left]
        values = np.stack(
            [self.model.calibration[kind].apply(row) for kind, row in zip(KINDS, raw, strict=True)]
        )
        return values * (padded[start - left : end - left] != 4)

    def __call__(self, start, ref, alt, strand):
        """Scores of REF and of ALT, lined up, and the first position of both."""
        same_end = len(commonprefix([ref[::-1], alt[::-1]]))
        ref, alt = ref[: len(ref) - same_end], alt[: len(alt) - same_end]
        same = len(commonprefix([ref, alt]))
        start, ref, alt = start + same, ref[same:], alt[same:]
        end, change = start + len(ref), len(alt) - len(ref)
        first = start if ref else start - 1
        low = max(first - self.distance, 0)
        high = min(max(end, first + 1) + self.distance, len(self.sequence))
        changed = np.concatenate([self.sequence[:start], encode(alt), self.sequence[end:]])
        before = self.read(self.sequence, low, high, strand, 0)
        left = self.read(changed, low, high + change, strand, 0)
        right = self.read(changed, low, high + change, strand, change)
        paired = start + min(len(ref), len(alt))
        after = np.zeros_like(before)
        for position in range(low, high):
            if position < paired:
                after[:, position - low] = left[:, position - low]
            elif position >= end:
                after[:, position - low] = right[:, position + change - low]
        for inserted in range(paired, start + len(alt)):
            anchor = after[:, paired - 1 - low]
            np.maximum(anchor, left[:, inserted - low], out=anchor)
        return before, after, low


@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.long)])
def test_batched_scores_are_those_of_the_definition(
    genome, reader, trained_model, fly_files, fly_species, count
):
    contig = fly_files.contig
    sequence = genome.fetch(contig, 0, genome.lengths[contig])
    definition = Definition(trained_model, sequence)
    dice = random.Random(count)
    sites = [site.position for site in fly_species.labels.sites()]
    cases = []
    while len(cases) < count:
        start = dice.choice(sites) + dice.randrange(-30, 30)
        kind = VARIANT_KINDS[len(cases) % len(VARIANT_KINDS)]
        ref, alt = random_allele(
            dice, kind, lambda n, at=start: decode(genome.fetch(contig, at, at + n))
        )
        if ref != alt:
            cases.append((start, ref, alt))
    answers = VariantScorer(reader, genome).score([ask(genome, contig, *case) for case in cases])
    moved = 0
    for (start, ref, alt), effects in zip(cases, answers, strict=True):
        assert [effect.strand for effect in effects] == ["+", "-"]
        for effect in effects:
            before, after, low = definition(start, ref, alt, effect.strand)
            for index, change in enumerate(CHANGES):
                row = KINDS.index("acceptor" if change[0] == "A" else "donor")
                sign = 1 if change[1] == "G" else -1
                deltas = np.maximum(sign * (after[row] - before[row]), 0)
                at = start + effect.offsets[index] - low
                expected = (deltas.max(), deltas[at], before[row, at], after[row, at])
                score = effect.scores[index]
                found = (score, score, effect.ref[index], effect.alt[index])
                np.testing.assert_allclose(found, expected, rtol=0, atol=3e-4)
                moved += deltas.max() > 0.05
    assert moved > count / 5, "the comparison must compare something"


@pytest.mark.parametrize(
    "changed",
    [
        {"cell": "gru"},
        {"cell": "diagonal", "recurrent_norm": False},
        {"layers": 2, "layer_stride": 2},
        {"architecture": "lstm"},
        {"architecture": "conv", "stride": 3},
        {"architecture": "conv", "dilations": (1, 40), "coarse_dilations": ()},
        {"kernel": 35},
    ],
    ids=str,
)
@pytest.mark.parametrize("near", [1, 30])
def test_every_network_scores_by_the_definition_at_the_ends_of_a_contig(
    tmp_path, genome, fly_files, tiny, changed, near
):
    """Compared close by, and about as far as what is read of the reference reaches."""
    config = NetworkConfig(**{**tiny, **changed})
    scale = Scale(dict.fromkeys(KINDS, Calibration()), dict.fromkeys(KINDS, 0.5))
    model = Model(shaken(config), config.margin + 400, scale)
    distance = near if near == 1 else model.flank - near
    text = decode(genome.fetch(fly_files.contig, 100_000, 101_200))
    (tmp_path / "piece.fa").write_text(f">c\n{text}\n")
    changes = [(at, text[at], "A" if text[at] != "A" else "C") for at in (0, 70, 1129, 1199)]
    changes += [(1, "", "ACGTA"), (2, text[2:5], ""), (1195, text[1195:], "GT")]
    definition = Definition(model, encode(text), distance)
    with open_genome(tmp_path / "piece.fa") as piece:
        asked = [ask(piece, "c", *change, distance=distance) for change in changes]
        keys = [(query.haplotype, strand) for query in asked for strand in "+-"]
        ref, alt = VariantScorer(WindowReader(model), piece).read(keys)
    for change, query in zip(changes, asked, strict=True):
        for strand in "+-":
            before, after, _ = definition(*change, strand)
            key = (query.haplotype, strand)
            np.testing.assert_allclose(ref[key], before, rtol=0, atol=3e-4)
            np.testing.assert_allclose(alt[key], after, rtol=0, atol=3e-4)


def test_an_insertion_of_a_whole_phase_needs_one_reading(genome, reader, fly_files):
    phase = reader.phase
    for bases, readings in ((phase, 1), (phase + 1, 2)):
        query = ask(genome, fly_files.contig, 50_000, "", "A" * bases)
        assert len(query.haplotype.phases(phase)) == readings


def test_sequence_out_of_reach_of_an_insertion_keeps_its_scores(
    genome, reader, fly_files, fly_species
):
    """Read in one phase only, what lies behind would change for no reason."""
    sites = [s for s in fly_species.labels.sites() if s.strand == "+" and s.kind == "donor"]
    keys = []
    for site in sites[:20]:
        query = ask(genome, fly_files.contig, site.position - 600, "", "ACGTA", distance=650)
        keys.append((query.haplotype, "+"))
    scorer = VariantScorer(reader, genome)
    ref, alt = scorer.read(keys)
    in_one_phase = reader.read([scorer._window(key, 0) for key in keys])
    drift, naive = [], []
    for site, key, one in zip(sites, keys, in_one_phase, strict=False):
        at = site.position - key[0].start
        drift.append(abs(alt[key][0, at] - ref[key][0, at]))
        naive.append(abs(one[0, at + 5] - ref[key][0, at]))
    assert max(drift) < 0.01
    assert max(naive) > 5 * max(drift)


@pytest.fixture
def sequences_read(reader):
    """How many sequences went through the network, whole or in part."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        reference, changed = reader.local.reference, reader.local.changed

        def counted_whole(codes, *rest):
            seen.append(len(codes))
            return reference(codes, *rest)

        def counted(kept, rows, *rest):
            seen.append(len(rows))
            return changed(kept, rows, *rest)

        patch.setattr(reader.local, "reference", counted_whole)
        patch.setattr(reader.local, "changed", counted)
        yield seen


def snv(genome, contig, start, **options):
    base = decode(genome.fetch(contig, start, start + 1))
    return ask(genome, contig, start, base, "A" if base != "A" else "C", **options)


def test_identical_sequences_are_read_once(genome, reader, fly_files, sequences_read):
    once = snv(genome, fly_files.contig, 50_000)
    deletion = decode(genome.fetch(fly_files.contig, 50_100, 50_101))
    near = ask(genome, fly_files.contig, 50_100, deletion, "")
    VariantScorer(reader, genome).score([once, once, near])
    # On either strand one reference for all three, one SNV, and two phases of the deletion.
    assert sum(sequences_read) == 2 * (1 + 1 + 2)


def test_only_the_strands_of_the_genes_are_read(genome, reader, fly_files, sequences_read):
    none = (np.empty(0, np.int64), np.empty(0, np.int64))
    span = Interval(fly_files.contig, 40_000, 60_000, "-")
    genes = [Gene(f"id of {name}", name, span, none) for name in ("one", "two")]
    (effects,) = VariantScorer(reader, genome).score(
        [snv(genome, fly_files.contig, 50_000, genes=genes)]
    )
    assert sum(sequences_read) == 2
    assert [effect.symbol for effect in effects] == ["one", "two"]
    assert effects[0][2:] == effects[1][2:]


def test_variants_at_the_ends_of_a_contig_and_beside_n(tmp_path, reader, genome, fly_files):
    text = decode(genome.fetch(fly_files.contig, 100_000, 100_400))
    (tmp_path / "short.fa").write_text(f">c\n{text[:200]}NNNNN{text[205:]}\n")
    with open_genome(tmp_path / "short.fa") as short:
        queries = [
            ask(short, "c", 0, text[0], "A" if text[0] != "A" else "C"),
            ask(short, "c", 0, "", "ACGT"),
            ask(short, "c", 0, text[:3], ""),
            ask(short, "c", 399, text[399], text[399] + "GTAAGT"),
            ask(short, "c", 395, text[395:400], ""),
            ask(short, "c", 205, text[205], ""),
            ask(short, "c", 200, "N", "A"),
        ]
        for query, effects in zip(
            queries, VariantScorer(reader, short).score(queries), strict=True
        ):
            for effect in effects:
                for offset, ref in zip(effect.offsets, effect.ref, strict=True):
                    position = query.origin + offset
                    assert 0 <= position < 400
                    assert not 200 <= position < 205 or ref == 0


@pytest.mark.parametrize("distance", [1000, 1040, 5000])
def test_far_comparisons_near_the_ends_of_a_contig(tmp_path, reader, genome, fly_files, distance):
    """The change's surroundings may run beyond what is read of the reference."""
    text = decode(genome.fetch(fly_files.contig, 100_000, 112_000))
    (tmp_path / "piece.fa").write_text(f">c\n{text}\n")
    with open_genome(tmp_path / "piece.fa") as piece:
        places = [5, 10, 900, 11_100, 11_990, 11_999]
        asked = [
            ask(piece, "c", at, text[at], "A" if text[at] != "A" else "C", distance=distance)
            for at in places
        ]
        together = VariantScorer(reader, piece).score(asked)
        for at, query, effects in zip(places, asked, together, strict=True):
            near = ask(piece, "c", at, text[at], "A" if text[at] != "A" else "C", distance=100)
            (less,) = VariantScorer(reader, piece).score([near])
            assert [effect.strand for effect in effects] == ["+", "-"]
            for far, close in zip(effects, less, strict=True):
                assert (np.array(far.scores) >= np.array(close.scores) - 3e-4).all()
                for offset in far.offsets:
                    assert 0 <= query.origin + offset < len(text)


@pytest.mark.parametrize(("length", "together"), [(100, 8), (2000, 4), (5000, 1), (50_000, 1)])
def test_what_is_read_together_is_no_longer_than_a_batch(length, together):
    window = Window(np.zeros(length, np.uint8), "+", 0, length)
    changes = [_Change((None, "+"), 0, at, window, 8) for at in range(20)]
    batches = list(_alike(changes, 8000, 1000))
    assert max(map(len, batches)) == together
    assert sum(batches, []) == changes


def rows(*donor):
    return np.array([donor, np.zeros(len(donor))], np.float32)


def test_largest_changes_and_where():
    effect = largest_changes("g", "+", rows(0, 0.9, 0, 0, 0), rows(0.2, 0.1, 0, 0, 0.5), -2)
    assert effect.scores == (0, 0, 0.5, 0.8)
    assert effect.offsets == (0, 0, 2, -1)
    assert effect.ref == (0, 0, 0, 0.9)
    assert effect.alt == (0, 0, 0.5, 0.1)


def test_masked_changes_make_room_for_others():
    ref, alt = rows(0, 0.9, 0.3, 0.2, 0), rows(0.6, 0, 0, 0.4, 0)
    donors = np.array([102, 100], np.int64)
    gene = Gene("g", "g", Interval("c", 0, 500, "+"), (np.sort(donors), np.empty(0, np.int64)))
    scorer = VariantScorer.__new__(VariantScorer)
    scorer._mask = True
    allowed = scorer._allowed(Haplotype("c", 100, 105, ()), gene)
    effect = largest_changes("g", "+", ref, alt, -2, allowed)
    np.testing.assert_allclose(effect.scores, (0, 0, 0.2, 0.3), atol=1e-6)
    assert effect.offsets[2:] == (1, 0)
