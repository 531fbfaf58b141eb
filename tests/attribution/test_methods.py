from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients, Saliency

from splicenet.attribution.gradient import gradient
from splicenet.attribution.integrated import integrated_gradients
from splicenet.attribution.mutagenesis import mutagenesis
from splicenet.attribution.smoothgrad import smoothgrad
from splicenet.attribution.target import explaining, log_odds, odds, slopes, tensors

CENTRE = 50
METHODS = {
    "gradient": gradient,
    "ig": integrated_gradients,
    "ism": mutagenesis,
    "smoothgrad": smoothgrad,
}


def scored(network, codes, kinds):
    with torch.no_grad():
        return log_odds(network, *tensors(network, codes, kinds), CENTRE).numpy()


def test_log_odds_are_those_of_the_probability():
    logits = torch.tensor([[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]])
    kinds = torch.tensor([1, 2])
    probability = logits.softmax(1)[[0, 1], kinds]
    torch.testing.assert_close(odds(logits, kinds), torch.logit(probability))


@pytest.mark.parametrize("method", METHODS)
def test_shapes_score_and_unknown_bases(network, codes, kinds, method):
    found = METHODS[method](network, codes, kinds, centre=CENTRE)
    assert found.hypothetical.shape == (*codes.shape, 4)
    assert found.hypothetical.dtype == np.float32
    assert np.abs(found.hypothetical[0]).max() > 0
    assert not found.hypothetical[codes == 4].any()
    assert not found.actual(codes)[codes == 4].any()
    np.testing.assert_allclose(found.score, scored(network, codes, kinds), atol=1e-5)
    for row, position in ((0, 3), (1, 50)):
        letter = codes[row, position]
        assert found.actual(codes)[row, position] == found.hypothetical[row, position, letter]


@pytest.mark.parametrize("method", METHODS)
def test_a_sequence_is_explained_alike_in_any_company(network, codes, kinds, method):
    together = METHODS[method](network, codes, kinds, centre=CENTRE)
    alone = METHODS[method](network, codes[1:2], kinds[1:2], centre=CENTRE, batch_tokens=200)
    np.testing.assert_allclose(together.hypothetical[1], alone.hypothetical[0], atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_network_is_left_as_it_is(network, codes, kinds, method):
    network.train()
    network.head.requires_grad_(False)
    network.head.eval()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    METHODS[method](network, codes[:1], kinds[:1], centre=CENTRE)
    assert network.training and not network.head.training
    assert not network.head.weight.requires_grad
    assert sum(one.requires_grad for one in network.parameters()) == len(state_of(network)) - 2
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, state[name])
    assert all(parameter.grad is None for parameter in network.parameters())


def state_of(network):
    return list(network.parameters())


def test_gradients_are_finite_differences(network, codes, kinds):
    with explaining(network.double()) as reader:
        bases, classes = tensors(reader, codes, kinds)
        score, found = slopes(reader, bases, classes, CENTRE)
        np.testing.assert_allclose(score.numpy(), scored(network, codes, kinds))
        random = np.random.default_rng(1)
        step = 1e-6
        for row, letter in zip(range(3), (0, 2, 3), strict=True):
            for position in (*random.integers(0, 101, 3), CENTRE):
                values = []
                for sign in (1, -1):
                    moved = bases.clone()
                    moved[row, position, letter] += sign * step
                    with torch.no_grad():
                        values.append(log_odds(reader, moved, classes, CENTRE)[row])
                slope = (values[0] - values[1]) / (2 * step)
                torch.testing.assert_close(
                    slope, found[row, position, letter], rtol=1e-4, atol=1e-7
                )


def test_captum_finds_the_same(network, codes, kinds):
    """Its gradient, and its integral over very many steps."""
    with explaining(network.double()) as reader:
        bases, classes = tensors(reader, codes, kinds)

        def target(bases, classes):
            return log_odds(reader, bases, classes, CENTRE)

        plain = Saliency(target).attribute(
            bases.requires_grad_(), abs=False, additional_forward_args=classes
        )
        torch.testing.assert_close(slopes(reader, bases, classes, CENTRE)[1], plain)
        whole = IntegratedGradients(target).attribute(
            bases.detach(), additional_forward_args=classes, method="riemann_middle", n_steps=400
        )
    ours = integrated_gradients(
        network, codes, kinds, centre=CENTRE, reference="zeros", steps=100, tolerance=1e-4
    ).actual(codes)
    scale = np.abs(ours).max()
    np.testing.assert_allclose(ours, whole.sum(-1).detach().numpy(), atol=0.01 * scale)


def test_letters_of_the_gradient_have_mean_zero(network, codes, kinds):
    found = gradient(network, codes, kinds, centre=CENTRE).hypothetical
    np.testing.assert_allclose(found.mean(-1), 0, atol=1e-5)


def test_smoothgrad_without_noise_is_the_gradient(network, codes, kinds):
    plain = gradient(network, codes, kinds, centre=CENTRE).hypothetical
    smooth = smoothgrad(network, codes, kinds, centre=CENTRE, noise=0, steps=2).hypothetical
    np.testing.assert_allclose(plain, smooth, atol=1e-6)
    noisy = smoothgrad(network, codes, kinds, centre=CENTRE, steps=2).hypothetical
    assert np.abs(noisy - plain).max() > 1e-4
    other = smoothgrad(network, codes, kinds, centre=CENTRE, steps=2, seed=1).hypothetical
    assert np.abs(noisy - other).max() > 1e-4


@pytest.mark.parametrize("reference", ["shuffled", "zeros", "background"])
def test_integrated_gradients_add_up(network, codes, kinds, reference):
    found = integrated_gradients(
        network, codes, kinds, centre=CENTRE, reference=reference, steps=40
    )
    total = found.actual(codes).sum(1, dtype=np.float64)
    difference = found.score - found.reference
    assert (np.abs(difference) > 0.1).all()
    np.testing.assert_allclose(np.abs(total - difference), found.delta, atol=1e-4)
    assert (found.delta <= np.maximum(0.01 * np.abs(difference), 1e-3)).all()


def test_several_references_are_averaged(network, codes, kinds):
    found = integrated_gradients(network, codes, kinds, centre=CENTRE, shuffles=3)
    total = found.actual(codes).sum(1, dtype=np.float64)
    assert (np.abs(total - (found.score - found.reference)) <= found.delta + 1e-4).all()
    other = integrated_gradients(network, codes, kinds, centre=CENTRE, shuffles=3, seed=1)
    assert (found.reference != other.reference).all()


def test_few_steps_are_halved_until_they_suffice(network, codes, kinds):
    few = {"centre": CENTRE, "steps": 2}
    rough = integrated_gradients(network, codes, kinds, tolerance=10, **few)
    tolerance = (rough.delta / np.abs(rough.score - rough.reference)).max() / 2
    fine = integrated_gradients(network, codes, kinds, tolerance=tolerance, **few)
    allowed = np.maximum(tolerance * np.abs(fine.score - fine.reference), 1e-3)
    np.testing.assert_allclose(rough.score, fine.score, atol=1e-6)
    assert (rough.delta > allowed).any()
    assert (fine.delta <= allowed).all()


def test_mutagenesis_is_reading_every_change(network, codes, kinds):
    found = mutagenesis(network, codes, kinds, centre=CENTRE)
    for row, position in ((0, 0), (0, 100), (1, 9), (1, 44), (2, 50), (2, 59), (2, 77)):
        changed = np.repeat(codes[row : row + 1], 4, axis=0)
        changed[:, position] = range(4)
        read = scored(network, changed, np.repeat(kinds[row], 4))
        expected = read - read.mean()
        np.testing.assert_allclose(found.hypothetical[row, position], expected, atol=2e-5)
