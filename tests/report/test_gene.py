from contextlib import contextmanager

import pytest

from splicenet.exceptions import OutputError
from splicenet.genome.intervals import Interval, Site, Transcript
from splicenet.report import gene

REGION = Interval("chr4", 1000, 3000)
FORWARD = Transcript("chr4", "+", ((1100, 1300), (1500, 1700)), name="forward")
REVERSE = Transcript("chr4", "-", ((2400, 2500), (2700, 2800)), name="reverse")
ELSEWHERE = Transcript("chr2L", "+", ((1100, 1300), (1500, 1700)), name="elsewhere")


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Draw, and give back the file and the two panels."""
    canvas = gene.canvas
    figures = []

    @contextmanager
    def watched(path, **size):
        with canvas(path, **size) as figure:
            figures.append(figure)
            yield figure

    monkeypatch.setattr(gene, "canvas", watched)

    def picture(*, transcripts=(FORWARD, REVERSE, ELSEWHERE), sites=(), region=REGION):
        path = tmp_path / "gene.png"
        gene.gene_picture(path, transcripts=transcripts, sites=sites, region=region, title="a gene")
        above, below = figures[-1].axes
        return path, above, below

    return picture


def _heads(axes):
    """Marks on the panel of sites: (1-based position, height) to 'called', 'false' or 'missed'."""
    heads = {}
    for line in axes.lines:
        if line.get_marker() == "x":
            what = "missed"
        elif line.get_marker() == "o":
            what = "false" if line.get_markerfacecolor() == "white" else "called"
        else:
            continue
        heads[float(line.get_xdata()[0]), float(line.get_ydata()[0])] = what
    return heads


def test_called_false_and_missed_sites_are_told_apart(draw):
    sites = [
        Site("chr4", 1299, "+", "donor", 0.9),
        Site("chr4", 1500, "+", "donor", 0.6),  # there is a site, but an acceptor
        Site("chr4", 2700, "-", "donor", 0.8),
        Site("chr4", 2499, "+", "acceptor", 0.7),  # there is a site, but on the other strand
    ]
    path, _, below = draw(sites=sites)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert _heads(below) == {
        (1300, 0.9): "called",
        (1501, 0.6): "false",
        (2701, -0.8): "called",
        (2500, 0.7): "false",
        (1501, 0.07): "missed",
        (2500, -0.07): "missed",
    }


def test_sites_and_transcripts_elsewhere_are_left_out(draw):
    sites = [Site("chr2L", 1299, "+", "donor", 0.9), Site("chr4", 3000, "+", "donor", 0.9)]
    _, above, below = draw(sites=sites)
    assert set(_heads(below).values()) == {"missed"}
    assert [text.get_text() for text in above.texts] == ["forward (+)", "reverse (-)"]


def test_exons_are_thick_and_arrows_point_along_the_strand(draw):
    _, above, _ = draw()
    bars = [path.get_extents() for bar in above.collections[1::2] for path in bar.get_paths()]
    assert [(bar.x0, bar.x1) for bar in bars] == [
        (1100.5, 1300.5),
        (1500.5, 1700.5),
        (2400.5, 2500.5),
        (2700.5, 2800.5),
    ]
    assert [line.get_marker() for line in above.lines] == [">", "<"]


def test_a_crowd_is_cut_and_neighbours_go_first(draw):
    inside = [Transcript("chr4", "+", ((1100, 1300 + i),), name=f"t{i}") for i in range(14)]
    neighbour = Transcript("chr4", "+", ((500, 1010),), name="neighbour")
    _, above, _ = draw(transcripts=[neighbour, *inside])
    texts = [text.get_text() for text in above.texts]
    assert len(texts) == 13
    assert texts[-1] == "and 3 more"
    assert "neighbour (+)" not in texts


def test_an_empty_region_and_an_intron_that_spans_it_can_be_drawn(draw):
    spanning = Transcript("chr4", "-", ((0, 10), (500_000, 500_100)), name="long")
    for transcripts in ((), (spanning,)):
        path, _, below = draw(transcripts=transcripts)
        assert path.stat().st_size > 0
        assert _heads(below) == {}


def test_a_name_without_a_picture_format_is_refused(tmp_path):
    with pytest.raises(OutputError, match=r"\.png"):
        gene.gene_picture(tmp_path / "gene", transcripts=(), sites=(), region=REGION, title="")
