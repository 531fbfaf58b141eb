import numpy as np
import pytest

from splicenet.evaluation.metrics import precision_recall_curve, reliability
from splicenet.evaluation.scored import ScoredBases
from splicenet.exceptions import OutputError
from splicenet.report.pictures import precision_recall_plot, reliability_plot

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
    precision_recall_plot(curves, path)
    assert path.read_bytes().startswith(PNG)


def test_reliability_plot(tmp_path, scored):
    path = tmp_path / "reliability.png"
    reliability_plot({"some": reliability(scored), "none": reliability(ScoredBases())}, path)
    assert path.read_bytes().startswith(PNG)


@pytest.mark.parametrize(("name", "head"), [("a.svg", b"<?xml"), ("a.PDF", b"%PDF")])
def test_the_ending_names_the_format(tmp_path, scored, name, head):
    precision_recall_plot({"some": precision_recall_curve(scored)}, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(head)


@pytest.mark.parametrize("name", ["curve", "curve.bed", "missing/curve.png"])
def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path, scored, name):
    with pytest.raises(OutputError, match="curve"):
        precision_recall_plot({"some": precision_recall_curve(scored)}, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
