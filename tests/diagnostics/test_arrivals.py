"""Where the errors of tasks arrive, in networks and on windows where one knows it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.diagnostics.arrivals import measure_arrivals
from splicenet.diagnostics.evidence import Evidence
from splicenet.diagnostics.examine import examine
from splicenet.diagnostics.windows import SiteWindows
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.modelfile import Model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.task_loss import TASK_SCALE
from splicenet.report.arrivals import arrival_table
from splicenet.report.diagnosis import diagnosis_page, diagnosis_plots

REGION, GENE = Task.parse("region"), Task.parse("contains:gene")
FORWARD, BACKWARD = "layer 1 forward", "layer 1 backward"


@pytest.fixture
def network(tiny):
    def network(architecture="hybrid", **chosen):
        torch.manual_seed(1)
        config = NetworkConfig(architecture, tasks=(REGION, GENE), **{**tiny, **chosen})
        made = SpliceNetwork(config).eval()
        for head in (made.head, *made.heads):
            for parameter in head.parameters():
                torch.nn.init.normal_(parameter)
        if architecture == "hybrid":
            torch.nn.init.normal_(made.coarse.recurrent.up.weight, std=0.1)
        return made

    return network


@pytest.fixture
def labelled(windows):
    """The real windows, with labels of tasks made up."""
    codes = windows.codes
    targets = {"region": codes % 7, "contains-gene": codes[:, 0] % 2}
    return SiteWindows(codes, windows.labels, targets)


def by_level(network, windows):
    return {(one.task, one.level): one for one in measure_arrivals(network, windows, batch=3)}


@pytest.mark.parametrize("architecture", ["hybrid", "lstm"])
def test_where_a_global_error_arrives_hangs_on_the_pool_and_a_local_one_arrives_everywhere(
    network, labelled, architecture
):
    # Memories as long as these windows would carry the error from end to end.
    found = by_level(network(architecture, initialisation="torch"), labelled)
    for level in (FORWARD, BACKWARD):
        parts = found["contains-gene", level].parts
        assert min(parts) > 0.2 * max(parts)
    found = by_level(network(architecture, initialisation="torch", pool="last"), labelled)
    first, middle, last = found["contains-gene", FORWARD].parts
    assert last > 100 * middle and last > 100 * first
    first, middle, last = found["contains-gene", BACKWARD].parts
    assert first > 100 * middle and first > 100 * last
    for level in (FORWARD, BACKWARD):
        parts = found["region", level].parts
        assert min(parts) > 0.2 * max(parts)


def test_levels_of_convolutions(network, labelled):
    made = network("conv")
    found = by_level(made, labelled)
    assert list(found) == [
        (SPLICE, "every base"), (SPLICE, "every 4 bases"), ("region", "every base"),
        ("region", "every 4 bases"), ("contains-gene", "every 4 bases"),
    ]  # fmt: skip
    one = found["region", "every base"]
    assert (one.windows, one.length, len(one.norms)) == (8, 256, 64)
    assert one.places[[0, -1]].tolist() == [2, 254]


def test_norms_are_those_of_autograd(network, labelled):
    made = network("lstm", cell="rnn")
    part = labelled.part(slice(0, 2))
    states = []

    def watch(layer, direction, t, state):
        if direction == 0:
            state[0].retain_grad()
            states.append(state[0])

    answers = made.read_all(torch.from_numpy(part.codes), watch=watch)["contains-gene"]
    truth = torch.from_numpy(part.targets["contains-gene"]).long()
    loss = torch.nn.functional.cross_entropy(answers, truth, reduction="sum")
    loss.backward()
    squares = torch.stack([state.grad.square().sum(1).mean() for state in states[-4:]])
    expected = TASK_SCALE * squares.mean().sqrt().item()  # a stretch is four steps here
    found = by_level(made, part)["contains-gene", FORWARD].norms[-1]
    assert found == pytest.approx(expected, rel=1e-4)


def test_what_is_unknown_is_left_out(network, labelled):
    """Windows without an answer count for nothing; a task without one is not there."""
    made = network("lstm")
    gene = labelled.targets["contains-gene"].copy()
    gene[2:] = UNKNOWN
    some = SiteWindows(labelled.codes, labelled.labels, {"contains-gene": gene})
    found = by_level(made, some)
    assert {task for task, _ in found} == {SPLICE, "contains-gene"}
    one, alone = found["contains-gene", FORWARD], by_level(made, labelled.part(slice(0, 2)))
    assert one.windows == 2
    np.testing.assert_allclose(one.norms, alone["contains-gene", FORWARD].norms, rtol=1e-4)


def test_everything_is_as_it_was_afterwards(network, labelled):
    made = network()
    before = {name: tensor.clone() for name, tensor in made.state_dict().items()}
    measure_arrivals(made, labelled)
    assert all(torch.equal(tensor, before[name]) for name, tensor in made.state_dict().items())
    assert all(p.grad is None for p in made.parameters()) and not made.training


def test_table_picture_and_page(network, labelled, tmp_path):
    arrivals = measure_arrivals(network(), labelled)
    evidence = Evidence(arrivals=arrivals)
    table = arrival_table(arrivals)
    levels = ["every base", "every 4 bases", FORWARD, BACKWARD]
    assert table["level"].tolist() == [*levels, *levels, "every 4 bases", FORWARD, BACKWARD]
    (picture,) = diagnosis_plots(str(tmp_path / "p"), evidence)
    assert picture.name == "p.tasks.png" and picture.stat().st_size > 10_000
    diagnosis_page(tmp_path / "p.html", "tasks", evidence, [])
    page = (tmp_path / "p.html").read_text()
    assert "Gradients of tasks" in page and "contains-gene" in page
    assert len(evidence.to_dict()["tasks"]) == len(arrivals)


def test_labels_come_from_the_species(network, trained_model, fly_species):
    made = network()
    model = Model(made, 256, trained_model.scale, {"data": {}})
    evidence = examine(model, [fly_species], number=4, length=512)
    tasks = {one.task for one in evidence.arrivals}
    assert tasks == {SPLICE, "region", "contains-gene"}
    assert not examine(trained_model, [fly_species], number=2, length=512).arrivals
