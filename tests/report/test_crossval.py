from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from splicenet.report.crossval import METHODS, crossval_page, crossval_plot

ROWS = [
    {
        "fold": f"without-{species}-{seed}",
        "seed": seed,
        "species": species,
        "similar_genes": 1234 if species == "a|b" else None,
        "nearest": "c",
        "distance": 0.25,
        "method": method,
        "where": where,
        "kind": kind,
        "auprc": auprc + 0.2 * (seed - 1) if where == "both strands" else 0.0,
        "top_k": 0.125,
    }
    for species, auprc in (("a|b", 0.3), ("$\\d$", 0.5))
    for seed in (1, 2)
    for method in METHODS[:2]
    for where in ("both strands", "genes")
    for kind in ("donor", "acceptor")
]


def test_best_left_out_first_with_the_spread_of_seeds():
    page = crossval_page(pd.DataFrame(ROWS))
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    assert "Seeds: 1, 2;" in page
    assert lines[0] == (
        "| species | left out | within species | nearest species trained on (distance) "
        "| similar genes |"
    )
    assert lines[1].startswith("| $\\d$ | 0.600 ± 0.141 / 0.600 ± 0.141 |")
    assert lines[1].endswith("| c (0.250) | - |")
    assert lines[2].startswith("| a\\|b | 0.400 ± 0.141 /")
    assert lines[2].endswith("| 1,234 |")
    assert lines[4].startswith("| $\\d$ | 0.125 ± 0.000 /")


def test_a_species_without_a_left_out_model_yet():
    judged = pd.DataFrame([row for row in ROWS if row["method"] == "within species"])
    assert crossval_page(judged).count("| 0.600 ± 0.141") == 1
    figure = Figure()
    crossval_plot(figure, judged)
    assert len(figure.axes) == 2
