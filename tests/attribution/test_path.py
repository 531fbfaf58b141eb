from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.attribution.path import Paths
from splicenet.attribution.references import references
from splicenet.attribution.target import explaining, log_odds, tensors

CENTRE = 50


@pytest.fixture
def paths(network, codes, kinds):
    """From two references to each of three sequences, and what was read beforehand."""
    with explaining(network) as reader:
        bases, classes = tensors(reader, codes, kinds)
        start = torch.from_numpy(references(codes, "shuffled", count=2))
        with torch.no_grad():
            end = log_odds(reader, bases, classes, CENTRE)
            begin = [log_odds(reader, one, classes, CENTRE) for one in start.unbind(1)]
        made = Paths(reader, start, bases, classes, CENTRE, tokens=700)
        yield made, end, torch.stack(begin).mean(0)


def test_ends_belong_to_their_sequences(paths):
    made, end, begin = paths
    made.read_evenly(3)
    found = made.ends()
    torch.testing.assert_close(found[0], end.double(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(found[1], begin.double(), atol=1e-5, rtol=1e-5)


def test_steps_are_halved_as_far_as_asked_and_no_further(paths):
    made, end, _ = paths
    made.read_evenly(3)
    loose = made.refine(torch.full((3,), torch.inf, dtype=torch.float64), 100)
    mean = made.gradients()
    tight = made.refine(loose / 4, 1000)
    assert (tight <= loose / 4).all()
    assert (made.gradients() != mean).any()
    again = made.refine(torch.zeros(3, dtype=torch.float64), 3)  # all have as many already
    torch.testing.assert_close(again, tight)


def test_gradients_are_means_over_the_path(paths, network, codes, kinds):
    """They add up to the slope along it, whatever the steps."""
    made, end, begin = paths
    made.read_evenly(4)
    errors = made.refine(torch.full((3,), 1e-3, dtype=torch.float64), 500)
    start = torch.from_numpy(references(codes, "shuffled", count=2))
    way = torch.from_numpy(np.eye(5, 4, dtype=np.float32)[codes])[:, None] - start
    total = (made.gradients() * way).sum((2, 3)).mean(1)
    assert ((total - (end - begin)).abs() <= errors + 1e-4).all()
