from __future__ import annotations

import math

import pytest
import torch

from splicenet.genome.labels import ACCEPTOR, DONOR, UNKNOWN
from splicenet.training.loss import splice_loss

LABELS = torch.tensor([[0, 0, DONOR, UNKNOWN, ACCEPTOR]], dtype=torch.uint8)


def test_undecided_logits_cost_log_three_a_base():
    loss = splice_loss(torch.zeros(1, 3, 5), LABELS)
    assert loss.item() == pytest.approx(1000 * math.log(3))


def test_site_weight_counts_sites_more():
    loss = splice_loss(torch.zeros(1, 3, 5), LABELS, site_weight=3)
    assert loss.item() == pytest.approx(1000 * math.log(3) * (2 + 2 * 3) / 4)


def test_focal_loss_forgets_what_is_nearly_right():
    loss = splice_loss(torch.zeros(1, 3, 5), LABELS, focal=2)
    assert loss.item() == pytest.approx(1000 * math.log(3) * (2 / 3) ** 2)


@pytest.mark.parametrize("focal", [0.0, 2.0])
def test_unknown_bases_give_no_gradient(focal):
    logits = torch.randn(1, 3, 5, generator=torch.manual_seed(0)).requires_grad_()
    splice_loss(logits, LABELS, focal=focal).backward()
    assert not logits.grad[..., 3].any()
    assert logits.grad[..., [0, 1, 2, 4]].all()


def test_nothing_known_costs_nothing():
    assert splice_loss(torch.zeros(1, 3, 5), torch.full((1, 5), UNKNOWN)).item() == 0
