from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from Bio import motifs as bio

from splicenet.attribution.faithfulness import faithfulness
from splicenet.attribution.findings import find
from splicenet.genome.alphabet import N
from splicenet.genome.intervals import Site, Transcript
from splicenet.genome.meme import read_motifs
from splicenet.report.explained_sites import ExplainedSite, exons_around, is_annotated
from splicenet.report.explanation import Explanation, write_page
from splicenet.report.logos import glyphs, information_heights, letters
from splicenet.report.motif_cards import place_name
from splicenet.report.motiffiles import write_findings

LENGTH, CENTRE = 200, 100


@pytest.fixture(scope="module")
def explained():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (80, LENGTH)).astype(np.uint8)
    actual, control = rng.normal(scale=0.3, size=(2, *codes.shape)).astype(np.float32)
    codes[:, 101:103] = 2, 3
    actual[:, 101:103] += 5
    codes[:60, 140:145] = 1, 3, 0, 0, 1
    actual[:60, 140:145] += 2
    sites = [Site("chr4", 1000 + 50 * i, "-+"[i % 2], "donor", 0.9) for i in range(80)]
    return codes, actual, control, sites


@pytest.fixture(scope="module")
def findings(explained):
    return find(*explained, kind="donor", centre=CENTRE)


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [v for k, v in attributes if k in ("href", "src", "xlink:href")]


def test_the_page_is_whole_and_needs_nothing_else(tmp_path, explained, findings):
    codes, actual, _, sites = explained

    def score(hidden, rows):
        return ((hidden != N) * actual[rows]).sum(axis=1)

    drawn = ExplainedSite(sites[1], codes[1], actual[1], CENTRE, [(-50, 1), (80, 120)], True)
    path = tmp_path / "page.html"
    write_page(
        path,
        Explanation(
            "What <a model> reads",
            "80 sites & more",
            [findings],
            {"donor": {"exon": 0.25, "intron": 0.75}},
            {"donor": faithfulness(score, codes[:10], {"saliency": np.abs(actual[:10])})},
            {"completeness error": "0.3 %"},
            [drawn],
            {"method": "gradient"},
        ),
    )
    text = path.read_text()
    page = _Page()
    page.feed(text)
    assert all(link.startswith("#glyph-") for link in page.links)
    assert "script" not in page.tags and "link" not in page.tags and "url(" not in text
    assert "What &lt;a model&gt; reads" in text and "80 sites &amp; more" in text
    for words in ("CTAAC", "chr4:1,051 (+)", "annotated", "0.3 %", "random order", "75%"):
        assert words in text
    pictures = text.count("<svg")
    assert pictures == text.count("</svg>") >= 7
    for part in text.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + part[: part.index("</svg>")] + "</svg>")


def test_what_is_empty_is_left_out(tmp_path, findings):
    path = tmp_path / "page.html"
    write_page(path, Explanation("title", "lead", [findings]))
    text = path.read_text()
    assert "At the site" in text
    for words in ("How far to trust it", "base by base", "Where the evidence lies", "The run"):
        assert words not in text


def test_files_of_findings(tmp_path, findings):
    paths = write_findings(tmp_path, [findings])
    assert all(path.stat().st_size for path in paths)
    motifs = read_motifs(tmp_path / "motifs.meme")
    assert [motif.name for motif in motifs][:2] == ["donor_site", "donor_1"]
    assert motifs[1].title == "+42(+42..+42)"  # where it stands
    with open(tmp_path / "motifs.meme") as file:
        theirs = bio.parse(file, "minimal")
    assert [one.name.split()[0] for one in theirs] == [motif.name for motif in motifs]
    for one, motif in zip(theirs, motifs, strict=True):
        columns = np.array([one.pwm[letter] for letter in "ACGT"]).T
        np.testing.assert_allclose(columns, motif.probabilities, atol=0.02)  # it rounds counts
    table = (tmp_path / "motifs.tsv").read_text().splitlines()
    assert table[1].split("\t")[:3] == ["donor_1", "donor", "CTAAC"]
    assert (tmp_path / "donor.motif_hits.bed.gz.tbi").exists()


@pytest.mark.parametrize(
    ("strand", "expected"), [("+", [(-100, 1), (51, 61)]), ("-", [(-60, -50), (0, 101)])]
)
def test_exons_around_a_site_are_in_reading_direction(strand, expected):
    site = Site("chr4", 1000, strand, "donor")
    one = Transcript("chr4", strand, ((900, 1001), (1051, 1061)))
    other = Transcript("chr4", strand, ((950, 1001),))
    wrong = Transcript("chr4", "-" if strand == "+" else "+", ((990, 1030),))
    assert exons_around(site, [one, other, wrong], reach=200) == expected


@pytest.mark.parametrize("strand", "+-")
def test_an_annotated_site_may_lie_inside_another_exon(strand):
    """Sites are judged by introns, on their strand and by their kind."""
    one = Transcript("chr4", strand, ((900, 1001), (1051, 1061)))
    longer = Transcript("chr4", strand, ((900, 1031), (1051, 1061)))
    kinds = ("donor", "acceptor") if strand == "+" else ("acceptor", "donor")
    for position, kind in ((1000, kinds[0]), (1030, kinds[0]), (1051, kinds[1])):
        assert is_annotated(Site("chr4", position, strand, kind), [one, longer])
    other = "-" if strand == "+" else "+"
    for site in (
        Site("chr4", 1000, strand, kinds[1]),
        Site("chr4", 1000, other, kinds[0]),
        Site("chr4", 1060, strand, kinds[0]),
        Site("chr5", 1000, strand, kinds[0]),
    ):
        assert not is_annotated(site, [one, longer])


def test_names_of_places_have_no_zero():
    minus = "\N{MINUS SIGN}"
    assert [place_name("donor", o) for o in (-1, 0, 1, 2)] == [f"{minus}2", f"{minus}1", "+1", "+2"]
    assert [place_name("acceptor", o) for o in (-1, 0, 1)] == [f"{minus}1", "+1", "+2"]


def test_letters_are_as_tall_as_their_numbers():
    heights = np.array([[0, 0, 2.0, 1.0], [0, -0.5, 0, 0]])
    root = ElementTree.fromstring(f"<g>{letters(heights, column=10, up=60, down=20)}</g>")
    drawn = {use.get("href")[-1]: use.get("transform") for use in root}
    assert drawn["G"] == "translate(0.3 0.0) scale(9.40 40.00)"
    assert drawn["T"] == "translate(0.3 40.0) scale(9.40 20.00)"
    assert drawn["C"] == "translate(10.3 60.0) scale(9.40 10.00)"


def test_a_classical_logo_has_two_bits_at_most():
    heights = information_heights(np.array([[0, 0, 1, 0], [0.25] * 4]), [0.25] * 4)
    np.testing.assert_allclose(heights, [[0, 0, 2, 0], [0] * 4])


def test_glyphs_are_four_outlines_in_a_unit_square():
    root = ElementTree.fromstring(f"<g>{glyphs()}</g>")
    assert [path.get("id")[-1] for path in root] == list("ACGT")
    for path in root:
        numbers = path.get("d").translate(str.maketrans("MLQCZ", "     ")).split()
        assert {min(map(float, numbers)), max(map(float, numbers))} == {0.0, 1.0}
