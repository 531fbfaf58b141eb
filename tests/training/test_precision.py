"""16 bits are a matter of speed: what is learned is the same, and what must be exact stays so."""

from __future__ import annotations

import pytest
import torch

from splicenet.exceptions import TrainingError
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.descent import batch_losses, descend, make_optimizer
from splicenet.training.precision import bits
from splicenet.training.settings import TrainingSettings

CODES = torch.randint(0, 4, (4, 512), generator=torch.Generator().manual_seed(2)).to(torch.uint8)


def a_batch() -> Batch:
    """Every GT is a donor, every AG an acceptor."""
    labels = torch.zeros_like(CODES)
    pairs = 4 * CODES[:, :-1].long() + CODES[:, 1:].long()
    labels[:, :-1][pairs == 4 * 2 + 3] = 1
    labels[:, 1:][pairs == 4 * 0 + 2] = 2
    return Batch(CODES, labels, CODES.numel())


def learned(precision: str, steps: int = 60) -> float:
    torch.manual_seed(0)
    network, settings = SpliceNetwork(NetworkConfig()), TrainingSettings(1, precision=precision)
    optimizer = make_optimizer(network, settings)
    found = [descend(network, optimizer, a_batch(), settings, rate=5e-3) for _ in range(steps)]
    assert all(p.dtype == torch.float32 for p in network.parameters())
    return found[-1].loss / found[0].loss


def test_16_bits_learn_as_32_do():
    low, full = learned("bfloat16"), learned("float32")
    assert low != full
    assert low < 0.2
    assert abs(low - full) < 0.05


@pytest.mark.parametrize("precision", ["bfloat16", "float32"])
def test_what_a_network_says_has_32_bits(precision):
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig())
    seen = {}
    recurrent = network.coarse.recurrent
    recurrent.register_forward_pre_hook(lambda _, inputs: seen.update(steps=inputs[0].dtype))
    network.head.register_forward_pre_hook(lambda _, inputs: seen.update(head=inputs[0].dtype))
    network.stem.register_forward_hook(lambda *said: seen.update(stem=said[2].dtype))
    batch_losses(network, a_batch(), TrainingSettings(1, precision=precision))
    assert seen == {
        "steps": torch.float32,
        "head": torch.float32,
        "stem": getattr(torch, precision),
    }


def test_automatic_precision_is_that_of_the_machine(monkeypatch):
    assert bits("auto", "cuda:1") == 16
    assert bits("float32", "cuda") == 32
    assert bits("bfloat16", "cpu") == 16
    for able, expected in (({"avx512_bf16": True}, 16), ({"avx512_f": True}, 32)):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: able, raising=False)
        assert bits("auto", "cpu") == expected
        assert bits("auto", "mps") == 32
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert bits("auto", "cpu") == 32


def test_another_precision_is_refused():
    with pytest.raises(TrainingError, match="--precision must be one of auto, float32, bfloat16"):
        TrainingSettings(1, precision="float8")
