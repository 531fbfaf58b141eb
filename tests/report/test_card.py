"""The card of a model."""

from dataclasses import replace

from splicenet.model.shipped import open_model
from splicenet.report.card import model_card


def test_the_card_of_the_shipped_model():
    model = open_model("universal")
    card = model_card("universal", model)
    metrics = model.record["metrics"]
    for species, protocols in metrics.items():
        figures = protocols["both strands"]
        pair = f"{figures['donor']['auprc']:.3f} / {figures['acceptor']['auprc']:.3f}"
        rows = [row for row in card.splitlines() if row.startswith(f"| {species} | both strands")]
        assert pair in rows[0]
        checksum = model.record["data"][species]["fasta"]["sha256"]
        assert checksum[:12] in card
    weak = card.partition("## What it is not for")[2].splitlines()[2]
    assert "homo_sapiens" in weak
    assert "drosophila_melanogaster" not in weak
    assert f"seed {model.record['seed']}" in card


def test_a_model_without_a_record():
    model = replace(open_model("universal"), record={})
    assert "does not say" in model_card("mine", model)
