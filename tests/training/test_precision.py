"""16 bits are a matter of speed: what is learned is the same, and what must be exact stays so."""

from __future__ import annotations

import pytest
import torch

from splicenet.exceptions import TrainingError
from splicenet.genome.targets import resolve_tasks
from splicenet.genome.tasks import parse_tasks
from splicenet.model.language import LanguageNetwork
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.training.batches import Batch
from splicenet.training.descent import batch_losses, descend, make_optimizer
from splicenet.training.loop import Trainer
from splicenet.training.precision import learning_in, resolved
from splicenet.training.run import train_model
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
@pytest.mark.parametrize("architecture", ["hybrid", "conv"])
def test_what_a_network_says_has_32_bits(precision, architecture):
    torch.manual_seed(0)
    tasks = resolve_tasks(parse_tasks(["region", "contains:gene"]), [])
    network = SpliceNetwork(NetworkConfig(architecture=architecture, tasks=tasks, pool="mean"))
    seen = {}

    def look(name, module):
        module.register_forward_pre_hook(lambda _, inputs: seen.update({name: inputs[0].dtype}))

    for name in ("head", "heads.0", "heads.1"):
        look(name, network.get_submodule(name))
    if network.recurrence is not None:
        look("recurrence", network.recurrence)
    network.stem.register_forward_hook(lambda *said: seen.update(stem=said[2].dtype))
    batch_losses(network, a_batch(), TrainingSettings(1, precision=precision))
    assert seen.pop("stem") == getattr(torch, precision)
    assert len(seen) == (4 if architecture == "hybrid" else 3)
    assert set(seen.values()) == {torch.float32}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_without_autocast_a_network_reads_as_it_is(dtype):
    network = SpliceNetwork(NetworkConfig()).to(dtype).eval()
    bases = torch.eye(4, dtype=dtype)[CODES.long()]
    assert network.read(bases).dtype == dtype


@pytest.mark.parametrize("words", [0, 3])
def test_what_is_pretrained_has_32_bits(words):
    torch.manual_seed(0)
    network = LanguageNetwork(NetworkConfig(), words)
    torch.nn.init.normal_(network.next.weight)
    guess = torch.rand(len(CODES), 2, CODES.shape[1], words, 5) if words else None
    with learning_in("bfloat16", CODES.device):
        for said in network.next_bases(CODES, guess):
            assert said.dtype == torch.float32
            assert not torch.equal(said, said.to(torch.bfloat16).float())


def test_automatic_precision_is_that_of_the_machine(monkeypatch):
    assert resolved("float32", "cuda") == "float32"
    assert resolved("bfloat16", "cpu") == "bfloat16"
    assert resolved("auto", "mps") == "float32"
    for able in (True, False):
        expected = "bfloat16" if able else "float32"
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda able=able, **_: able)
        assert resolved("auto", "cuda:1") == expected
        monkeypatch.setattr(
            torch.cpu, "get_capabilities", lambda able=able: {"avx512_bf16": able}, raising=False
        )
        assert resolved("auto", "cpu:0") == expected
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert resolved("auto", "cpu") == "float32"


def test_a_run_goes_on_in_the_precision_that_it_began_in(
    monkeypatch, tmp_path, fly_species, tiny, settings
):
    """On another machine ``auto`` may mean another; the checkpoint is then of another run."""
    output, config = tmp_path / "m.splicenet", NetworkConfig(**tiny)

    def train(precision, **more):
        chosen = settings(precision=precision)
        return train_model([fly_species], output, config=config, settings=chosen, **more)

    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True}, raising=False)
    monkeypatch.setattr(Trainer, "_evaluate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        train("auto")
    monkeypatch.undo()
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    with pytest.raises(TrainingError, match="precision"):
        train("auto", resume=True)
    model = train("bfloat16", resume=True)
    assert model.record["training"]["precision"] == "bfloat16"


def interrupt(self):
    self.save()
    raise KeyboardInterrupt


def test_another_precision_is_refused():
    with pytest.raises(TrainingError, match="--precision must be one of auto, float32, bfloat16"):
        TrainingSettings(1, precision="float8")
