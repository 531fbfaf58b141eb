from __future__ import annotations

import json

import pytest
import torch
import torch.nn.functional as F

from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.heads import LocalHead
from splicenet.model.modelfile import Model, load_model, save_model
from splicenet.model.network import NetworkConfig, SpliceNetwork

REGION = Task("region", "region", ("intergenic", "exon", "intron"))
TRACK = Task("phylop", "track", source="phylop.bw", centre=3.0, scale=2.0)
GENE = Task("contains-gene", "contains", ("no", "yes"), "gene")
TASKS = (REGION, TRACK, GENE)
POOLED = [
    ("hybrid", "last"), ("hybrid", "mean"), ("hybrid", "attention"), ("lstm", "last"),
    ("lstm", "attention"), ("conv", "mean"), ("conv", "attention"),
]  # fmt: skip


@pytest.fixture
def network(tiny):
    """``network(architecture, pool=...)``: in eval mode, no head silent."""

    def network(architecture="hybrid", **chosen):
        torch.manual_seed(0)
        shape = {"tasks": TASKS, **tiny, **chosen}
        made = SpliceNetwork(NetworkConfig(architecture=architecture, **shape)).eval()
        for head in (made.head, made.heads):
            for parameter in head.parameters():
                torch.nn.init.normal_(parameter)
        if architecture == "hybrid":
            torch.nn.init.normal_(made.coarse.recurrent.up.weight, std=0.1)
        return made

    return network


def sequences(*lengths: int) -> torch.Tensor:
    """Random bases, padded with N."""
    codes = torch.full((len(lengths), max(lengths)), 4, dtype=torch.uint8)
    for row, length in enumerate(lengths):
        generator = torch.Generator().manual_seed(length)
        codes[row, :length] = torch.randint(0, 4, (length,), generator=generator)
    return codes


@pytest.mark.parametrize("architecture", ["hybrid", "lstm", "conv"])
def test_without_tasks_nothing_is_added(tiny, architecture):
    """Heads are silent, so they take no random number either: the rest begins alike."""
    torch.manual_seed(5)
    plain = SpliceNetwork(NetworkConfig(architecture=architecture, **tiny))
    drawn = torch.rand(1)
    torch.manual_seed(5)
    many = SpliceNetwork(NetworkConfig(architecture, tasks=TASKS, **tiny))
    weights = many.state_dict()
    assert not [name for name in plain.state_dict() if name.startswith("heads")]
    assert all(torch.equal(tensor, weights[name]) for name, tensor in plain.state_dict().items())
    torch.manual_seed(5)
    SpliceNetwork(NetworkConfig(architecture=architecture, **tiny))
    assert torch.equal(drawn, torch.rand(1))


@pytest.mark.parametrize(("architecture", "pool"), POOLED)
def test_shapes_and_splice_first(network, architecture, pool):
    made, codes = network(architecture, pool=pool), sequences(203, 203)
    answers = made.read_all(codes)
    assert list(answers) == [SPLICE, "region", "phylop", "contains-gene"]
    assert torch.equal(answers[SPLICE], made(codes))
    shapes = [tuple(answer.shape) for answer in answers.values()]
    assert shapes == [(2, 3, 203), (2, 3, 203), (2, 1, 203), (2, 2)]
    assert {answer.dtype for answer in answers.values()} == {torch.float32}


@pytest.mark.parametrize(("architecture", "pool"), POOLED)
def test_a_padded_sequence_is_answered_as_it_is_alone(network, architecture, pool):
    made, lengths = network(architecture, pool=pool), (203, 96, 129)
    together = made.read_all(sequences(*lengths), lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone = made.read_all(sequences(length))
        for name, answer in together.items():
            mine = answer[row, ..., :length] if answer.ndim == 3 else answer[row]
            torch.testing.assert_close(mine, alone[name][0], rtol=1e-4, atol=1e-5)
    assert not torch.allclose(together["contains-gene"][0], together["contains-gene"][1])


def test_what_the_pools_read(network):
    made, codes = network(pool="last"), sequences(160)
    said = []
    made.coarse.recurrent.recurrence.register_forward_hook(lambda *call: said.append(call[2]))
    answer = made.read_all(codes)["contains-gene"]
    states = said[0]  # (B, T, 2H)
    head, hidden = made.heads[2], made.config.hidden
    ends = torch.cat([states[:, -1, :hidden], states[:, 0, hidden:]], dim=-1)
    torch.testing.assert_close(answer, head.answer(ends))
    mean = network(pool="mean")
    torch.testing.assert_close(mean.heads[2](states, None), mean.heads[2].answer(states.mean(1)))
    attention = network(pool="attention").heads[2]
    shares = attention.attend(states).softmax(1)
    torch.testing.assert_close(attention(states, None), attention.answer((shares * states).sum(1)))


def test_attention_begins_as_the_mean(tiny):
    made = SpliceNetwork(NetworkConfig(tasks=(GENE,), pool="attention", **tiny))
    head, states = made.heads[0], torch.randn(2, 9, 16)
    torch.nn.init.normal_(head.answer.weight)
    torch.testing.assert_close(head(states, None), head.answer(states.mean(1)))


def test_heads_begin_at_their_base_rates(tiny):
    mutation = Task("mutation", "mutation", ("unchanged", "mutated"), "x.vcf")
    usage = Task("usage", "usage")
    made = SpliceNetwork(NetworkConfig(tasks=(mutation, usage, GENE), **tiny)).eval()
    rates = {"mutation": [0.99, 0.01], "usage": [0.8], "contains-gene": [1.0, 0.0]}
    made.expect(rates)
    answers = made.read_all(sequences(64))
    assert answers["mutation"].softmax(1)[0, :, 7].tolist() == pytest.approx([0.99, 0.01])
    assert answers["usage"].sigmoid()[0, 0, 7].item() == pytest.approx(0.8)
    assert answers["contains-gene"].softmax(1)[0, 0].item() > 0.9999
    assert answers["contains-gene"].isfinite().all()


def test_convolutions_leave_no_last_state():
    with pytest.raises(ValueError, match="contains-gene reads the last states of the recurrent"):
        NetworkConfig(architecture="conv", tasks=TASKS, pool="last")
    NetworkConfig(architecture="conv", tasks=(REGION,), pool="last")
    NetworkConfig(architecture="conv", tasks=TASKS)


def test_two_tasks_of_one_name():
    with pytest.raises(ValueError, match="same name"):
        NetworkConfig(tasks=(REGION, REGION))


def test_the_model_file_keeps_tasks(network, trained_model, tmp_path):
    made = network(pool="attention")
    assert NetworkConfig.from_dict(json.loads(json.dumps(made.config.to_dict()))) == made.config
    path = tmp_path / "tasks.splicenet"
    save_model(path, Model(made, 256, trained_model.scale))
    copy = load_model(path).network
    assert copy.config == made.config
    codes = sequences(100)
    again = copy.read_all(codes)
    assert all(torch.equal(one, again[name]) for name, one in made.read_all(codes).items())
    fused = made.fused().read_all(codes)
    for name, answer in again.items():
        torch.testing.assert_close(answer, fused[name], rtol=1e-4, atol=1e-4)


KEEP, WEIGHT = 0.75, 1.5
"""The share of its state that the one unit keeps, and what it multiplies with in a head."""


@pytest.fixture
def unit():
    """One linear unit a direction, ``h_t = KEEP h_(t-1) + (1 - KEEP) z_t``, read by two heads.

    In float64; the direction from the right is not read.
    """
    config = NetworkConfig(
        architecture="lstm",
        cell="diagonal",
        hidden=1,
        layers=1,
        tasks=(GENE, REGION),
        pool="last",
    )
    made = SpliceNetwork(config).double()
    cell = made.plain.layers[0].forward_cell
    with torch.no_grad():
        cell.keep.weight.zero_()
        cell.keep.bias.fill_(torch.tensor(KEEP / cell.most).logit())
        cell.new.weight.copy_(torch.tensor([[0.5, -1.0, 2.0, 0.25]]))
        cell.new.bias.zero_()
        for head in made.heads:
            head.answer.weight[1, 0] = WEIGHT
    return made


def backward(unit, codes, loss_of):
    """Costates dL/dh_t of the direction from the left, (T,), and dL/dz weights, (4,)."""
    costates = {}

    def watch(layer, direction, t, state):
        if direction == 0:
            state[0].register_hook(lambda gradient: costates.__setitem__(t, gradient[0, 0]))

    unit.zero_grad()
    answers = unit.read_all(codes, watch=watch)
    loss_of(answers).backward()
    zero = torch.zeros((), dtype=torch.float64)
    told = torch.stack([costates.get(t, zero) for t in range(codes.shape[1])])
    return answers, told, unit.plain.layers[0].forward_cell.new.weight.grad[0]


def test_the_error_of_a_global_label_comes_through_the_end(unit):
    """It enters at the last step alone, and is ``KEEP`` times as large a step further back."""
    codes = sequences(12)
    answers, costates, gradient = backward(
        unit, codes, lambda said: F.cross_entropy(said["contains-gene"].double(), torch.tensor([0]))
    )
    error = answers["contains-gene"].softmax(1)[0, 1].double() * WEIGHT  # dL/dh at the end
    expected = error * KEEP ** torch.arange(11, -1, -1, dtype=torch.float64)
    torch.testing.assert_close(costates, expected, rtol=1e-5, atol=1e-8)
    letters = F.one_hot(codes[0].long(), 4).double()
    by_hand = (1 - KEEP) * (expected[:, None] * letters).sum(0)
    torch.testing.assert_close(gradient, by_hand, rtol=1e-5, atol=1e-8)
    assert (by_hand != 0).any()


def test_the_error_of_local_labels_enters_at_every_step(unit):
    """What enters at a step is the label's there; the rest came from later steps."""
    codes = sequences(12)
    labels = codes.long() % 3
    answers, costates, gradient = backward(
        unit,
        codes,
        lambda said: F.cross_entropy(said["region"].double(), labels, reduction="sum"),
    )
    right = answers["region"].double().softmax(1)[0, 1]
    entering = WEIGHT * (right - (labels[0] == 1).double()).detach()
    expected, after = [], torch.zeros((), dtype=torch.float64)
    for error in entering.flip(0):
        after = error + KEEP * after
        expected.insert(0, after)
    by_hand = torch.stack(expected)
    torch.testing.assert_close(costates, by_hand, rtol=1e-5, atol=1e-8)
    letters = F.one_hot(codes[0].long(), 4).double()
    torch.testing.assert_close(
        gradient, (1 - KEEP) * (by_hand[:, None] * letters).sum(0), rtol=1e-5, atol=1e-8
    )
    assert (entering != 0).all()


def test_a_label_at_one_base_reaches_no_later_step(unit):
    """The complement of the global case: an error at base 5 is told to steps 0 to 5 alone."""
    _, costates, _ = backward(
        unit,
        sequences(12),
        lambda said: F.cross_entropy(said["region"][..., 5].double(), torch.tensor([1])),
    )
    assert (costates[:6] != 0).all() and not costates[6:].any()


def test_a_local_head_reads_what_the_splice_head_reads(network):
    made = network()
    assert isinstance(made.heads[0], LocalHead)
    assert made.heads[0].answer.in_channels == made.head.in_channels
