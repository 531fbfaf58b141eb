from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.diagnostics.jacobians import (
    largest_singular_values,
    spectral_radii,
    state_jacobians,
)
from splicenet.model.cells import CELLS, make_cell


def _step(name):
    torch.manual_seed(2)
    cell = make_cell(name, 4, 6, rank=3).eval()
    inputs = torch.randn(3, 4)
    states = tuple(torch.randn(3, 6) / 2 for _ in range(cell.states))
    return cell, inputs, states


def test_a_plain_step_is_known_in_closed_form():
    cell, inputs, states = _step("rnn")
    _, (after,) = cell(inputs[:, None], states)
    expected = (1 - after**2)[:, :, None] * cell.rnn.weight_hh_l0
    assert torch.allclose(state_jacobians(cell, inputs, states), expected, atol=1e-6)


def test_a_diagonal_step_keeps_what_its_gate_says():
    cell, inputs, states = _step("diagonal")
    keep = cell.gates(inputs[:, None])["keep"][:, 0]
    jacobians = state_jacobians(cell, inputs, states)
    assert torch.allclose(jacobians, torch.diag_embed(keep), atol=1e-6)
    for measure in (spectral_radii, largest_singular_values):
        assert measure(jacobians) == pytest.approx(keep.detach().amax(-1).numpy(), rel=1e-5)


@pytest.mark.parametrize("name", CELLS)
def test_finite_differences_agree(name):
    cell, inputs, states = _step(name)
    cell, inputs = cell.double(), inputs.double()
    flat = torch.cat(states, -1).double()

    def after(before):
        with torch.no_grad():
            return torch.cat(cell(inputs[:, None], before.split(6, dim=-1))[1], -1)

    jacobians = state_jacobians(cell, inputs, flat.split(6, dim=-1))
    small = 1e-6
    for unit in range(flat.shape[1]):
        nudge = torch.zeros_like(flat)
        nudge[:, unit] = small
        slope = (after(flat + nudge) - after(flat - nudge)) / (2 * small)
        assert torch.allclose(jacobians[:, :, unit], slope, atol=1e-7)


def test_radius_and_norm_of_a_shear_differ():
    shear = torch.tensor([[[0.5, 10.0], [0.0, 0.5]], [[0.0, -2.0], [2.0, 0.0]]])
    assert spectral_radii(shear) == pytest.approx([0.5, 2.0])
    assert largest_singular_values(shear) == pytest.approx([np.linalg.norm(shear[0], 2), 2.0])
