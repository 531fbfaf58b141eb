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
    assert "dictyostelium_discoideum" in weak
    assert "drosophila_melanogaster" not in weak
    assert f"seed {model.record['seed']}" in card
    assert "- of dictyostelium_discoideum only the spliced genes were learned from" in card
    assert "were learned from" not in model_card("plants", open_model("plants"))


def test_a_model_without_a_record():
    model = replace(open_model("universal"), record={})
    assert "does not say" in model_card("mine", model)


def test_what_it_was_not_told_of(trained_model):
    for name, share in (("universal", "50.0%"), ("plants:arabidopsis_thaliana", None)):
        model = open_model(name)
        told = [line for line in model_card(name, model).splitlines() if "- told which" in line]
        assert [share in line for line in told] == [True] * (share is not None)
    record = open_model("universal").record
    before = {name: value for name, value in record["training"].items() if name != "untold"}
    old = replace(open_model("universal"), record=record | {"training": before})
    assert "9 species it reads, but for 12.5% of the windows" in model_card("old", old)
    assert "told which" not in model_card("mine", trained_model)
