from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.genome.words import WordModel
from splicenet.model.hints import first_guess
from splicenet.model.language import LanguageNetwork
from splicenet.model.network import NetworkConfig, SpliceNetwork

SHAPES = {
    "hybrid": {},
    "wide strides": {"stride": 3, "recurrent_stride": 5, "kernel": 5, "coarse_kernel": 3},
    "two layers": {"layers": 2},
    "slower layers": {"layers": 3, "layer_stride": 2},
    "another cell": {"cell": "diagonal"},
    "conv": {"architecture": "conv"},
    "lstm": {"architecture": "lstm"},
    "slower lstm": {"architecture": "lstm", "layers": 3, "layer_stride": 3},
}


@pytest.fixture(scope="module")
def words() -> WordModel:
    counts = np.random.default_rng(1).integers(0, 50, (64, 4)).astype(np.int32)
    return WordModel(counts, (8.0, 8.0, 4.0, 2.0))


@pytest.fixture(params=SHAPES)
def config(request, tiny) -> NetworkConfig:
    return NetworkConfig(**{**tiny, **SHAPES[request.param]})


def shaken(network: LanguageNetwork) -> LanguageNetwork:
    """With no weight at zero, so that every way through the network is open."""
    generator = torch.manual_seed(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return network.eval()


def random_codes(length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(0, 4, (1, length), generator=torch.manual_seed(seed))


@pytest.mark.parametrize("guessing", [False, True])
@torch.no_grad()
def test_no_base_tells_itself_or_one_that_was_told_before(config, words, guessing):
    network = shaken(LanguageNetwork(config, words.order if guessing else 0))

    def read(codes):
        said = network.next_bases(codes, first_guess([words], codes) if guessing else None)
        assert len(said) == 1 + guessing
        return said[-1]

    codes = random_codes(130)
    said = read(codes)
    assert said.shape == (1, 2, 4, 130)
    for place in (0, 1, 5, 31, 32, 33, 47, 48, 100, 128, 129):
        changed = codes.clone()
        changed[0, place] = (codes[0, place] + 1) % 4
        moved = (read(changed) - said).abs().amax(2)[0]  # (2, L)
        assert not moved[0, : place + 1].any()
        assert not moved[1, place:].any()
        assert moved[0, place + 1 :].any() or place == 129
        assert moved[1, :place].any() or place == 0


@torch.no_grad()
def test_every_stride_is_heard_far_away(tiny):
    network = shaken(LanguageNetwork(NetworkConfig(**tiny, recurrent_norm=False))).double()
    codes = random_codes(400)
    (said,) = network.next_bases(codes)
    for place in range(100, 116):
        changed = codes.clone()
        changed[0, place] = (codes[0, place] + 1) % 4
        moved = (network.next_bases(changed)[0] - said).abs().amax(2)[0]
        assert moved[0, place + 1 : place + 101].gt(0).float().mean() > 0.9
        assert moved[1, place - 100 : place].gt(0).float().mean() > 0.9


@torch.no_grad()
def test_all_of_the_network_is_used(config):
    with torch.enable_grad():
        network = shaken(LanguageNetwork(config)).train()
        network.next_bases(random_codes(96))[0].square().sum().backward()
    silent = {name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()}
    assert {name for name in silent if not name.startswith("head.")} == set()


def test_weights_have_the_names_of_the_network_that_labels(config):
    """But for what reading frames say, which tell a base of what stands behind it."""
    network = LanguageNetwork(config)
    assert not network.config.codons
    ours, theirs = network.state_dict(), SpliceNetwork(config).state_dict()
    theirs.pop("coarse.frames.weight", None)
    assert {name: t.shape for name, t in theirs.items()}.items() <= {
        name: t.shape for name, t in ours.items()
    }.items()


@torch.no_grad()
def test_one_sided_kernels_read_like_the_whole_network(tiny):
    """Where kernels have taps on one side alone, the reading from there is the network's own."""
    config = NetworkConfig(**tiny, architecture="conv")
    network = shaken(LanguageNetwork(config))
    for module in network.modules():
        if isinstance(module, torch.nn.Conv1d) and module.groups == 1:
            module.weight[..., module.kernel_size[0] // 2 + 1 :] = 0
    network.coarse.up.weight.zero_()  # which is heard a stride later
    network.coarse.up.bias.zero_()
    heard = {}
    codes = random_codes(64)
    network.read_sides(codes, lambda level, states: heard.update({level: states}))
    whole = {}
    hook = network.last.register_forward_hook(lambda *said: whole.update(last=said[-1]))
    coarse = network.coarse.blocks.register_forward_hook(
        lambda *said: whole.update(coarse=said[-1])
    )
    network(codes)
    hook.remove()
    coarse.remove()
    torch.testing.assert_close(heard["last"][:, 0], whole["last"], rtol=0, atol=1e-5)
    assert heard["coarse"].shape == (1, 2, config.coarse_channels, 16)


@torch.no_grad()
def test_both_sides_are_one_where_weights_are_mirrored(tiny):
    """From the right the network reads as it reads the turned sequence from the left."""
    network = shaken(LanguageNetwork(NetworkConfig(**tiny)))
    mirrored = LanguageNetwork(network.config).eval()
    mirrored.load_state_dict(network.state_dict())
    for module in mirrored.modules():
        if isinstance(module, torch.nn.Conv1d) and module.groups == 1:
            module.weight.copy_(module.weight.flip(-1))
    coarse, hidden = mirrored.coarse, network.config.hidden
    for linear, stride in ((coarse.down, 4), (coarse.recurrent.down, 2)):
        linear.weight.copy_(linear.weight.unflatten(1, (-1, stride)).flip(-1).flatten(1))
    for linear, stride in ((coarse.up, 4), (coarse.recurrent.up, 2)):
        linear.weight.copy_(linear.weight.unflatten(0, (-1, stride)).flip(1).flatten(0, 1))
        linear.bias.copy_(linear.bias.unflatten(0, (-1, stride)).flip(1).flatten())
    up = coarse.recurrent.up.weight
    up.copy_(torch.cat([up[:, hidden:], up[:, :hidden]], dim=1))
    layer, own = (
        coarse.recurrent.recurrence.layers[0],
        network.coarse.recurrent.recurrence.layers[0],
    )
    layer.forward_cell.load_state_dict(own.backward_cell.state_dict())
    layer.backward_cell.load_state_dict(own.forward_cell.state_dict())
    for name in ("weight", "bias"):
        told = getattr(network.next, name)
        getattr(mirrored.next, name).copy_(torch.cat([told[4:], told[:4]]))
    codes = random_codes(64)
    one, other = network.next_bases(codes)[0], mirrored.next_bases(codes.flip(1))[0].flip(1, 3)
    torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@torch.no_grad()
def test_what_words_say_is_not_in_the_states(tiny, words):
    network = shaken(LanguageNetwork(NetworkConfig(**tiny), words.order))
    codes = random_codes(60)
    alone, said = network.next_bases(codes, first_guess([words], codes))
    without = LanguageNetwork(network.config).eval()
    without.load_state_dict(network.state_dict(), strict=False)
    assert torch.equal(network.read_sides(codes), without.read_sides(codes))
    assert torch.equal(alone, without.next_bases(codes)[0])
    assert not torch.allclose(said, alone, atol=0.1)


def test_alone_and_with_the_guess_both_are_learned(tiny, words):
    network = shaken(LanguageNetwork(NetworkConfig(**tiny), words.order))
    codes = random_codes(60)
    for which in (0, 1):
        network.zero_grad()
        network.next_bases(codes, first_guess([words], codes))[which].square().sum().backward()
        assert network.next.weight.grad.abs().sum() > 0


def test_untrained_it_says_what_the_longest_words_say(tiny, words):
    network = LanguageNetwork(NetworkConfig(**tiny), words.order).eval()
    codes = random_codes(60)
    said = network.next_bases(codes, first_guess([words], codes))[1].softmax(2).detach()
    ahead = words.tell(codes.numpy().astype(np.uint8)).probabilities[0, :, -1]
    np.testing.assert_allclose(said[0, 0, :, 1:].T, ahead[1:], atol=1e-5)
    behind = words.tell(3 - codes.flip(1).numpy().astype(np.uint8)).probabilities[0, ::-1, -1, ::-1]
    np.testing.assert_allclose(said[0, 1, :, :59].T, behind[:59], atol=1e-5)


def test_every_genome_is_guessed_by_its_own_words(words):
    other = WordModel(words.counts[::-1].copy(), words.strengths)
    codes = torch.cat([random_codes(40, 1), random_codes(40, 2), random_codes(40, 3)])
    together = first_guess([words, other, words], codes)
    assert together.shape == (3, 2, 40, 3, 5)
    for row, model in enumerate((words, other, words)):
        alone = first_guess([model], codes[row : row + 1])
        assert torch.equal(together[row], alone[0])
    assert not torch.equal(together[1], first_guess([words], codes[1:2])[0])
