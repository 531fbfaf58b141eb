import numpy as np

from splicenet.evaluation.metrics import summarise
from splicenet.evaluation.scored import ScoredBases
from splicenet.evaluation.tables import as_text, metrics_table


def _scored():
    scored = ScoredBases()
    scored.add(np.linspace(0, 1, 5000, dtype=np.float32), np.arange(5000) >= 2500)
    return scored


def test_one_row_a_result():
    metrics = summarise(_scored(), threshold=0.5)
    table = metrics_table({("fly", "donor"): metrics}, names=("species", "kind"))
    assert table.columns[:4].tolist() == ["species", "kind", "sites", "bases"]
    assert table.loc[0, ["species", "kind", "sites", "f1"]].tolist() == ["fly", "donor", 2500, 1.0]


def test_text_is_rounded_and_undefined_is_a_dash():
    metrics = summarise(_scored(), threshold=0.5, probabilities=False)
    header, row = as_text(metrics_table({("a", "b", "c"): metrics})).splitlines()
    assert header.split()[:3] == ["model", "where", "kind"]
    assert row.split()[3:6] == ["2,500", "5,000", "1.000"]
    assert row.split()[-1] == "-"


def test_no_results_give_an_empty_table():
    assert metrics_table({}).columns[0] == "model"
