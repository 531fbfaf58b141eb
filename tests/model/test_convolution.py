"""What lies step by step in memory reads like torch's own layers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from splicenet.model.convolution import Convolution, Normalisation, from_slower, to_slower
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.precision import learning_in

STEPWISE = {"as torch": lambda x: x, "step by step": lambda x: x.mT.contiguous().mT}


@pytest.fixture
def x():
    torch.manual_seed(0)
    return torch.randn(2, 6, 40)


def same_weights(own: nn.Module, torchs: nn.Module) -> nn.Module:
    own.load_state_dict(torchs.state_dict())
    return own


@pytest.mark.parametrize("layout", STEPWISE)
def test_convolves_and_learns_like_torch(x, layout):
    reference = nn.Conv1d(6, 5, 3, padding=4, dilation=4)
    own = same_weights(Convolution(6, 5, 3, padding=4, dilation=4), reference)
    there = x.clone().requires_grad_()
    here = STEPWISE[layout](x).requires_grad_()
    y = own(here)
    torch.testing.assert_close(y, reference(there))
    y.square().sum().backward()
    reference(there).square().sum().backward()
    torch.testing.assert_close(here.grad, there.grad)
    torch.testing.assert_close(own.weight.grad, reference.weight.grad)
    torch.testing.assert_close(own.bias.grad, reference.bias.grad)


@pytest.mark.parametrize("layout", STEPWISE)
@pytest.mark.parametrize("training", [True, False])
def test_normalises_like_torch(x, layout, training):
    reference = nn.BatchNorm1d(6).train(training)
    own = same_weights(Normalisation(6).train(training), reference)
    torch.testing.assert_close(own(STEPWISE[layout](x)), reference(x))
    torch.testing.assert_close(own.running_var, reference.running_var)
    rows = x.mT.flatten(0, 1)
    torch.testing.assert_close(own(rows), reference(rows))


def test_what_lies_step_by_step_goes_on_lying_so(x):
    y = Normalisation(5)(Convolution(6, 5, 3, padding=1)(x.mT.contiguous().mT))
    assert y.mT.is_contiguous()
    assert F.relu(y).mT.is_contiguous()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("lengths", [None, [96, 40]])
def test_a_whole_network_keeps_its_steps_together(precision, lengths):
    """Else it reads no faster than with torch's own convolutions."""
    network = SpliceNetwork(NetworkConfig(species=("a", "b")))
    seen = []
    for module in network.modules():
        if isinstance(module, Convolution | Normalisation):
            module.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    codes = torch.randint(0, 5, (2, 96))
    with learning_in(precision, codes.device):
        network(
            codes,
            lengths=None if lengths is None else torch.tensor(lengths),
            species=torch.tensor([0, -1]),
        )
    stepwise = [x for x in seen if x.ndim == 3]
    assert len(stepwise) >= 16
    assert all(x.mT.is_contiguous() for x in stepwise)


def test_only_sequences_in_a_batch_are_convolved(x):
    with pytest.raises(ValueError, match="2 dimensions"):
        Convolution(6, 5, 3)(x[0])


def test_strides_are_read_side_by_side_and_laid_one_behind_the_other_again(x):
    down, up = nn.Linear(6 * 4, 7), nn.Linear(7, 6 * 4)
    beside = x.unflatten(2, (10, 4)).transpose(1, 2).flatten(2)  # each channel's steps together
    slow = to_slower(down, x, 4)
    torch.testing.assert_close(slow, down(beside))
    back = up(slow).unflatten(2, (6, 4)).transpose(1, 2).flatten(2)
    torch.testing.assert_close(from_slower(up, slow, 4), back)
