import numpy as np
import pytest

from splicenet.evaluation.metrics import precision_recall_curve
from splicenet.evaluation.reliability import reliability
from splicenet.evaluation.scored import ScoredBases
from splicenet.exceptions import OutputError
from splicenet.report.pictures import canvas, precision_recall_plot, reliability_plot

PNG = b"\x89PNG\r\n"


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    scores = rng.random(5000, dtype=np.float32)
    scored = ScoredBases()
    scored.add(scores, rng.random(5000) < scores)
    return scored


def test_precision_recall_plot(tmp_path, scored):
    path = tmp_path / "curve.png"
    curves = {"some": precision_recall_curve(scored), "none": precision_recall_curve(ScoredBases())}
    with canvas(path) as figure:
        precision_recall_plot(figure, curves)
    assert path.read_bytes().startswith(PNG)


def test_reliability_plot(tmp_path, scored):
    path = tmp_path / "reliability.png"
    with canvas(path) as figure:
        reliability_plot(figure, {"some": reliability(scored), "none": reliability(ScoredBases())})
    assert path.read_bytes().startswith(PNG)


@pytest.mark.parametrize(("name", "head"), [("a.svg", b"<?xml"), ("a.PDF", b"%PDF")])
def test_the_ending_names_the_format(tmp_path, scored, name, head):
    with canvas(tmp_path / name) as figure:
        precision_recall_plot(figure, {"some": precision_recall_curve(scored)})
    assert (tmp_path / name).read_bytes().startswith(head)


@pytest.mark.parametrize("name", ["curve", "curve.bed", "missing/curve.png"])
def test_what_cannot_be_written_is_said_at_once_and_leaves_nothing(tmp_path, name):
    with pytest.raises(OutputError, match="curve"), canvas(tmp_path / name):
        raise AssertionError("it began to draw")
    assert list(tmp_path.iterdir()) == []
