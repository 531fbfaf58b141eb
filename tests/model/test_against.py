"""What is trained against has no head: windows of different species are drawn together."""

from __future__ import annotations

import json

import pytest
import torch

from splicenet.genome.labels import UNKNOWN
from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.answers import global_tasks
from splicenet.model.heads import mean_state
from splicenet.model.levels import WHOLE
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.task_loss import TASK_SCALE, gap, task_loss
from splicenet.training.inherit import with_tasks

NAMES = ("fly", "worm", "thale")
AGAINST = Task("species", "species", NAMES, against=0.5)


@pytest.fixture
def network(tiny):
    def network(architecture="hybrid", task=AGAINST):
        torch.manual_seed(0)
        return SpliceNetwork(NetworkConfig(architecture=architecture, tasks=(task,), **tiny))

    return network


def planted(*, shift: float, number: int, seed: int):
    """States of three classes, the means of two of them ``shift`` to either side of the third."""
    generator = torch.Generator().manual_seed(seed)
    classes = torch.randint(0, 3, (number,), generator=generator)
    states = torch.randn(number, 4, generator=generator)
    return states + shift * (classes[:, None] - 1.0), classes


def test_the_gap_is_twice_the_variance_of_the_means():
    states, classes = planted(shift=1.0, number=3000, seed=1)
    variance = 1 + 2 / 3  # within classes, and of the three means
    assert gap(states, classes).item() == pytest.approx(2 / variance, rel=0.05)
    assert gap(100 * states + 7, classes).item() == pytest.approx(gap(states, classes).item())


def test_without_a_difference_it_is_none_on_average():
    found = [gap(*planted(shift=0.0, number=12, seed=seed)).item() for seed in range(300)]
    assert abs(sum(found) / 300) < 0.03
    assert min(found) < -0.1 < 0.1 < max(found)


def test_to_go_down_it_brings_the_means_together():
    states, classes = planted(shift=1.0, number=60, seed=1)
    states.requires_grad_()
    gap(states, classes).backward()
    with torch.no_grad():
        moved = states - 25 * states.grad
    assert gap(moved, classes).item() < 0.7 * gap(states, classes).item()
    means = torch.stack([states.grad[classes == one].mean(0) for one in range(3)])
    assert (means[0] < 0).all() and (means[2] > 0).all()


@pytest.mark.parametrize("classes", [[0, 0, 0], [0, 1, 2], [UNKNOWN, UNKNOWN, 1], []])
def test_nothing_to_compare_gives_no_gradient(classes):
    states = torch.randn(len(classes), 4, requires_grad=True)
    loss = task_loss(AGAINST, states, torch.tensor(classes, dtype=torch.uint8))
    loss.backward()
    assert loss.item() == 0 and not states.grad.any()


def test_the_loss_has_its_strength():
    states, classes = planted(shift=1.0, number=20, seed=1)
    wanted = TASK_SCALE * 0.5 * gap(states, classes).item()
    assert task_loss(AGAINST, states, classes).item() == pytest.approx(wanted)


@pytest.mark.parametrize("architecture", ["hybrid", "conv", "lstm"])
def test_it_looks_at_what_the_splice_head_reads(network, architecture):
    codes = torch.randint(0, 4, (3, 96), generator=torch.manual_seed(1))
    made = network(architecture).eval()
    answers = made.read_all(codes)
    x, _ = made._features(made._letters(codes), WHOLE)
    assert torch.equal(answers["species"], x.mean(-1))
    assert torch.equal(answers[SPLICE], made(codes))
    assert not [name for name in made.state_dict() if name.startswith("heads")]
    assert not global_tasks(made)


def test_padding_has_no_part_in_the_mean():
    x = torch.arange(12.0).reshape(1, 2, 6)
    there = torch.tensor([[True, True, False, False, False, False]])
    assert mean_state(x, there).tolist() == [[0.5, 6.5]]
    assert mean_state(x, None).tolist() == [[2.5, 8.5]]


def test_it_is_kept_in_the_configuration_and_dropped_by_the_next(network):
    made = network()
    again = NetworkConfig.from_dict(json.loads(json.dumps(made.config.to_dict())))
    assert again == made.config and again.tasks[0].against == 0.5
    _, new = with_tasks(made, (Task("species", "species", NAMES),), "last")
    assert new == {"species"}
    heir, new = with_tasks(made, (), "last")
    assert not new and not heir.config.tasks


@pytest.mark.parametrize(("topic", "weight"), [("region", 1.0), ("species", -1.0)])
def test_only_species_are_trained_against(topic, weight):
    with pytest.raises(ValueError, match="only species"):
        Task(topic, topic, against=weight)
