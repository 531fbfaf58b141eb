from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.attribution.explain import Explaining, explain_codes
from splicenet.exceptions import TaskError
from splicenet.genome.tasks import REGIONS, Task
from splicenet.model.answers import read_local
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.targets import asked, every_target, find_target, target_row

CENTRE = 50
TASKS = (
    Task("region", "region", REGIONS),
    Task("usage", "usage"),
    Task("signal", "track", scale=3.0),
    Task("risk", "mutation", ("unchanged", "mutated")),
    Task("gene", "contains", ("no", "yes")),
)


@pytest.fixture(scope="module")
def tasked(tiny):
    torch.manual_seed(1)
    network = SpliceNetwork(NetworkConfig(**{**tiny, "tasks": TASKS})).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def said(network, codes, name, answer):
    """What the network says at the centre: log-odds of a class, or the number."""
    with torch.no_grad():
        rows = network.read_all(torch.from_numpy(codes))[name][..., CENTRE]
    return (rows[:, 0] if rows.shape[1] == 1 else torch.logit(rows.softmax(1)[:, answer])).numpy()


@pytest.mark.parametrize(
    ("text", "name", "answer", "odds"),
    [
        ("donor", "splice", 1, True),
        ("acceptor", "splice", 2, True),
        ("region:intron", "region", 6, True),
        ("usage", "usage", 0, True),
        ("signal", "signal", 0, False),
        ("risk", "risk", 1, True),
        ("risk:unchanged", "risk", 0, True),
    ],
)
def test_the_head_that_is_named_is_explained(tasked, codes, text, name, answer, odds):
    target = find_target(tasked.config, text)
    assert (target.name, target.odds) == (text, odds)
    network = asked(tasked, target)
    kinds = np.full(len(codes), target.answer)
    settings = Explaining("ism", target)
    found = explain_codes(network, codes, kinds, CENTRE, settings)
    np.testing.assert_allclose(found.score, said(tasked, codes, name, answer), atol=1e-4)
    changed = np.repeat(codes[:1], 4, axis=0)
    changed[:, CENTRE + 3] = range(4)
    read = said(tasked, changed, name, answer)
    np.testing.assert_allclose(found.hypothetical[0, CENTRE + 3], read - read.mean(), atol=1e-4)
    for method in ("gradient", "ig"):
        assert explain_codes(network, codes, kinds, CENTRE, Explaining(method, target)).score == (
            pytest.approx(found.score, abs=1e-4)
        )


def test_every_target_has_the_row_of_its_number(tasked, codes):
    targets = every_target(tasked.config)
    assert [target.name for target in targets][:3] == ["donor", "acceptor", "region:intergenic"]
    assert [target.name for target in targets][-3:] == ["usage", "signal", "risk"]
    numbers = read_local(tasked, codes)[..., CENTRE]
    for target in targets:
        number = numbers[:, target_row(tasked.config, target)]
        name = target.task or "splice"
        answer = said(tasked, codes, name, target.answer)
        if target.odds:
            answer = 1 / (1 + np.exp(-answer))
        else:
            answer = 3 * answer  # in the units of its source
        np.testing.assert_allclose(number, answer, atol=1e-5)


def test_the_network_keeps_its_own_head(tasked, codes):
    before = tasked.head
    asked(tasked, find_target(tasked.config, "usage"))
    assert tasked.head is before
    assert asked(tasked, None) is asked(tasked, find_target(tasked.config, "donor")) is tasked


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gene", "donor, acceptor, region, usage, signal, risk"),
        ("exon", "donor, acceptor, region"),
        ("region", "region:intergenic, region:utr5"),
        ("region:exon", "region:intron"),
        ("usage:high", "there is usage"),
        ("", "donor"),
    ],
)
def test_what_no_head_answers_at_a_base_is_refused(tasked, text, told):
    with pytest.raises(TaskError, match=told):
        find_target(tasked.config, text)
