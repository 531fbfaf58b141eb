"""Several tasks in one trunk: their losses, weights, masks and shares, and runs that go on."""

from __future__ import annotations

import math
import signal

import numpy as np
import pandas as pd
import pytest
import torch

from splicenet.exceptions import TrainingError
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import UNKNOWN
from splicenet.genome.species import open_species
from splicenet.genome.targets import open_target
from splicenet.genome.tasks import SPLICE, Task
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig, SpliceNetwork
from splicenet.model.task_loss import TASK_SCALE, task_loss
from splicenet.training.balance import Balance, last_shared
from splicenet.training.batches import Batch, Batches
from splicenet.training.descent import batch_losses, descend, make_optimizer
from splicenet.training.grounds import TrainingGround
from splicenet.training.inherit import freeze_parts, with_tasks
from splicenet.training.shares import gradient_shares, trunk
from splicenet.training.windows import WindowSampler, read_targets

REGION, GENE = Task.parse("region"), Task.parse("contains:gene")
TRACK, USAGE = Task("phylop", "track"), Task("usage", "usage")
NAMES = (SPLICE, "region", "contains-gene")
HOW = ("fixed", "uncertainty", "gradnorm")


@pytest.fixture
def network(tiny):
    """``network(tasks)``: the same whenever it is made, with heads that are not silent."""

    def network(tasks=(REGION, GENE), architecture="hybrid", **more):
        torch.manual_seed(0)
        made = SpliceNetwork(NetworkConfig(architecture=architecture, tasks=tasks, **tiny, **more))
        for number, head in enumerate((made.head, *made.heads)):
            torch.manual_seed(number)
            for name, parameter in head.named_parameters():
                if name.endswith("weight"):
                    torch.nn.init.normal_(parameter, std=0.1)
        return made

    return network


@pytest.fixture
def batch():
    """``batch(names)``: random bases and labels, those of some tasks among them."""

    def batch(*names, seed=1):
        generator = torch.Generator().manual_seed(seed)
        codes = torch.randint(0, 4, (4, 256), generator=generator, dtype=torch.uint8)
        targets = {"region": codes % 7, "contains-gene": codes[:, 0] % 2}
        return Batch(codes, codes % 3, 1024, targets={name: targets[name] for name in names})

    return batch


@pytest.fixture(scope="module")
def ground(fly_species, fly_files):
    regions = [Interval(fly_files.contig, 100_000, 300_000)]
    targets = {task.name: open_target(task, fly_species) for task in (REGION, GENE)}
    return TrainingGround.of(fly_species, regions, targets)


def test_losses_are_nats_for_ten_bases_or_windows():
    labels = torch.tensor([[0, 6, UNKNOWN, 3]], dtype=torch.uint8)
    loss = task_loss(REGION, torch.zeros(1, 7, 4), labels)
    assert loss.item() == pytest.approx(TASK_SCALE * math.log(7))
    windows = torch.tensor([0, 1, UNKNOWN], dtype=torch.uint8)
    loss = task_loss(GENE, torch.tensor([[0.0, 0.0], [0.0, 50.0], [9.0, 0.0]]), windows)
    assert loss.item() == pytest.approx(TASK_SCALE * math.log(2) / 2)
    numbers = torch.tensor([[1.0, math.nan, 3.0]])
    assert task_loss(TRACK, torch.ones(1, 1, 3), numbers).item() == pytest.approx(TASK_SCALE)
    share = task_loss(USAGE, torch.zeros(1, 1, 2), torch.tensor([[0.25, math.nan]]))
    assert share.item() == pytest.approx(TASK_SCALE * math.log(2))


@pytest.mark.parametrize("task", [REGION, GENE, TRACK, USAGE])
def test_what_is_unknown_gives_no_gradient(task):
    shape = (2, max(1, len(task.classes))) + ((5,) if task.scope == "local" else ())
    answers = torch.randn(shape, generator=torch.manual_seed(0)).requires_grad_()
    labels = torch.zeros(shape[:1] + shape[2:], dtype=torch.uint8)
    labels = labels if task.classes else labels.float()
    labels[0] = UNKNOWN if task.classes else math.nan
    task_loss(task, answers, labels).backward()
    assert not answers.grad[0].any() and answers.grad[1].all()
    labels[:] = labels[0].clone()
    answers.grad = None
    loss = task_loss(task, answers, labels)
    loss.backward()
    assert loss.item() == 0 and not answers.grad.any()


def test_a_task_of_which_nothing_is_known_changes_nothing(network, batch, settings):
    """Neither the trunk, nor its own head, nor what is remembered of it."""
    for how in HOW:
        ends = []
        for tasks in ((REGION,), (REGION, GENE)):
            made, chosen = network(tasks), settings(weight_decay=0.1)
            balance = Balance(tasks, how=how)
            optimizer = make_optimizer(made, chosen, balance)
            for step in range(4):
                drawn = batch("region", seed=step)
                descend(made, optimizer, drawn, chosen, rate=1e-2, balance=balance)
            ends.append((made.state_dict(), balance.state_dict()))
        (alone, mine), (beside, theirs) = ends
        assert all(torch.equal(tensor, beside[name]) for name, tensor in alone.items())
        untouched = network((REGION, GENE)).heads[1].answer.weight
        assert torch.equal(beside["heads.1.answer.weight"], untouched)
        for name, tensor in mine.items():
            assert torch.equal(tensor, theirs[name][:2] if tensor.ndim else theirs[name])


def test_the_share_rises_with_the_weight(network, batch, settings):
    """And the gradient itself goes from that of the other tasks to that of all."""
    made = network()
    losses = batch_losses(made, batch("region", "contains-gene"), settings())
    for name in NAMES:
        shares = []
        for weight in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
            weights = dict.fromkeys(NAMES, 1.0) | {name: weight}
            found = gradient_shares(made, losses, weights)
            assert sum(found[f"share_{one}"] for one in NAMES) == pytest.approx(1)
            shares.append(found[f"share_{name}"])
        assert shares[0] == 0
        assert all(a < b for a, b in zip(shares, shares[1:], strict=False))


def test_cosines_are_those_of_the_gradients(network, batch, settings):
    made = network()
    losses = batch_losses(made, batch("region", "contains-gene"), settings())
    found = gradient_shares(made, losses, dict.fromkeys(NAMES, 1.0))
    rows = []
    for name in (SPLICE, "region"):
        made.zero_grad(set_to_none=True)
        losses[name].backward(retain_graph=True)
        grads = [p.grad for p in trunk(made)]
        rows.append(torch.cat([torch.zeros(0) if g is None else g.flatten() for g in grads]))
    assert len(rows[0]) == len(rows[1])
    cosine = torch.cosine_similarity(rows[0], rows[1], dim=0).item()
    assert found["cosine_splice_region"] == pytest.approx(cosine, abs=1e-4)
    alone = gradient_shares(made, {SPLICE: losses[SPLICE]}, dict.fromkeys(NAMES, 1.0))
    assert alone["share_splice"] == 1 and math.isnan(alone["share_region"])
    assert math.isnan(alone["cosine_splice_region"])


def test_weight_zero_means_no_gradient(network, batch, settings):
    made, chosen = network(), settings()
    balance = Balance((REGION, GENE), {"region": 0})
    drawn = batch("region", "contains-gene")
    descend(made, make_optimizer(made, chosen), drawn, chosen, rate=1e-2, balance=balance)
    assert made.heads[0].answer.weight.grad is None
    assert torch.equal(made.heads[0].answer.weight, network().heads[0].answer.weight)
    assert made.heads[1].answer.weight.grad.any() and made.head.weight.grad.any()


def test_a_batch_with_nothing_to_learn_moves_nothing(network, batch, settings):
    made, chosen = network(), settings(weight_decay=0.1)
    balance = Balance((REGION, GENE), {SPLICE: 0})
    before = {name: p.clone() for name, p in made.named_parameters()}
    step = descend(made, make_optimizer(made, chosen), batch(), chosen, rate=1e-2, balance=balance)
    assert step.norm == 0 and step.loss > 0
    assert all(torch.equal(p, before[name]) for name, p in made.named_parameters())


def test_uncertainty_finds_the_scale_of_a_loss(network):
    """Left to itself it weighs a loss by one over twice that loss."""
    balance = Balance((REGION,), how="uncertainty")
    made, losses = network((REGION,)), {SPLICE: torch.tensor(8.0), "region": torch.tensor(0.5)}
    optimizer = torch.optim.Adam(balance.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        balance.total(losses, made).backward()
        optimizer.step()
    weights = balance.weights
    assert weights[SPLICE] == pytest.approx(1 / 16, rel=1e-2)
    assert weights["region"] == pytest.approx(1, rel=1e-2)


@pytest.mark.parametrize("architecture", ["hybrid", "lstm"])
def test_gradnorm_lets_all_pull_alike(network, batch, settings, architecture):
    made, chosen = network(architecture=architecture), settings()
    balance = Balance((REGION, GENE), {"region": 2.0}, "gradnorm")
    losses = batch_losses(made, batch("region", "contains-gene"), chosen)
    assert balance.total(losses, made) is not None
    pulls = []
    for name, weight in balance.weights.items():
        grads = torch.autograd.grad(losses[name], last_shared(made), retain_graph=True)
        pulls.append(weight * math.hypot(*[float(g.norm()) for g in grads]))
    assert pulls[1] == pytest.approx(2 * pulls[0], rel=1e-4)
    assert pulls[2] == pytest.approx(pulls[0], rel=1e-4)


def test_gradnorm_measures_below_what_is_frozen(network, batch, settings):
    made, chosen = network(), settings()
    freeze_parts(made, ("coarse",))
    assert last_shared(made)[0] is next(made.trunk[-1].parameters())
    losses = batch_losses(made, batch("region", "contains-gene"), chosen)
    balance = Balance((REGION, GENE), how="gradnorm")
    assert balance.total(losses, made) is not None and balance.pull.all()
    freeze_parts(made, ("trunk",))
    with pytest.raises(TrainingError, match="freeze fewer parts"):
        last_shared(made)


def test_gradnorm_with_states_that_are_computed_again(network, batch, settings):
    made, plain = network(architecture="lstm"), batch("region", "contains-gene")
    again = Batch(plain.codes, plain.labels, 1024, recompute=16, targets=plain.targets)
    weights = []
    for drawn in (plain, again):
        balance = Balance((REGION, GENE), how="gradnorm")
        balance.total(batch_losses(made, drawn, settings()), made).backward()
        weights.append(balance.weights)
    assert weights[0] == pytest.approx(weights[1], rel=1e-3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [({"regoin": 1.0}, "regoin is of no task here; the tasks are splice, region"),
     ({SPLICE: 0, "region": 0}, "every task has --weight 0")],
)  # fmt: skip
def test_weights_that_make_no_sense(weights, message, settings):
    with pytest.raises(TrainingError, match=message):
        Balance((REGION,), weights)
    with pytest.raises(TrainingError, match="--weight region must be a number of at least 0"):
        settings(weights={"region": -1.0})


def test_targets_lie_on_the_windows_bases(ground, fly_species, fly_files):
    """Against the species' own labels, over the ends of a region, on both strands."""
    region = Interval(fly_files.contig, 150_000, 150_300)
    target = ground.targets["region"]
    there = np.ones(500, bool)
    there[:20] = False
    for strand in ("+", "-"):
        labels = read_targets(REGION, target, region, 149_950, there, strand)
        inside = target.window(fly_files.contig, 150_000, 150_300, strand)
        start = 50 if strand == "+" else 150
        known = labels != UNKNOWN
        assert np.array_equal(labels[start : start + 300], inside)
        assert not known[:start].any() and not known[start + 300 :].any()


def test_whole_windows_are_judged_by_what_is_read(fly_files):
    asked = []

    class Asked:
        def window(self, *where):
            asked.append(where)
            return np.array(1, np.uint8)

    region = Interval(fly_files.contig, 100, 200)
    assert read_targets(GENE, Asked(), region, 50, np.ones(100, bool), "-") == 1
    assert asked == [(fly_files.contig, 100, 150, "-")]


def test_a_window_without_a_base_says_nothing(fly_files, ground):
    region = Interval(fly_files.contig, 100_000, 300_000)
    nothing = np.zeros(100, bool)
    for task in (REGION, GENE):
        found = read_targets(task, ground.targets[task.name], region, 150_000, nothing, "+")
        assert found.dtype == np.uint8 and (found == UNKNOWN).all()
        assert found.shape == ((100,) if task.scope == "local" else ())


def test_the_same_windows_whatever_the_tasks(ground):
    def sampler(tasks):
        return WindowSampler(
            [ground], length=512, batch_size=4, genes=0.7, margin=32, seed=3, tasks=tasks
        )

    plain, many = sampler(()), sampler((REGION, GENE, USAGE))
    for _ in range(5):
        one, other = plain.draw([300, 512, 400]), many.draw([300, 512, 400])
        assert np.array_equal(one.codes, other.codes) and np.array_equal(one.labels, other.labels)
        assert one.targets == {}
        assert other.targets["region"].shape == (3, 512)
        assert other.targets["contains-gene"].shape == (3,)
        # What is unknown of splice sites at the margins is unknown here too.
        assert (other.targets["region"][one.codes == 4] == UNKNOWN).all()
        assert (other.targets["region"][:, :32] == UNKNOWN).all()
        assert np.isnan(other.targets["usage"]).all()


def test_probe_and_base_rates_leave_the_run_alone(ground, settings, tiny):
    config = NetworkConfig(tasks=(REGION, GENE), **tiny)

    def batches():
        return Batches([ground], settings(), config, torch.device("cpu"))

    source, untouched = batches(), batches()
    one, rates, two = source.probe(), source.base_rates(), source.probe()
    assert torch.equal(one.codes, two.codes)
    assert set(one.targets) == {"region", "contains-gene"}
    assert torch.equal(source.draw(0, 0.0).codes, untouched.draw(0, 0.0).codes)
    assert sum(rates["region"]) == pytest.approx(1) and min(rates["region"]) > 0
    assert rates["region"][6] > 0.2  # introns, where windows are drawn around exons


def test_a_species_that_knows_nothing_of_a_task(fly_species, fly_files, read_files, settings, tiny):
    reads = open_species("reads", read_files.fasta, None, read_files.bam)
    known = {"region": open_target(REGION, fly_species)}
    grounds = [
        TrainingGround.of(fly_species, [Interval(fly_files.contig, 100_000, 300_000)], known),
        TrainingGround.of(reads, [Interval(read_files.contig, 100_000, 300_000)]),
    ]
    config = NetworkConfig(tasks=(REGION,), **tiny)
    source = Batches(grounds, settings(batch_tokens=512), config, torch.device("cpu"))
    drawn = [source.draw(step, 0.0) for step in range(40)]
    taught = sum("region" in batch.targets for batch in drawn)
    assert 5 < taught < 35
    assert "region" in source.probe().targets


def columns(name: str) -> list[str]:
    return [f"{name}_{one}" for one in NAMES]


@pytest.mark.parametrize("how", HOW)
def test_a_run_that_is_broken_off_goes_on_alike(train, tmp_path, monkeypatch, how):
    options = {
        "tasks": (REGION, GENE), "steps": 6, "evaluations": 2, "weights": {"region": 0.5},
        "balance": how, "length": "256-512",
    }  # fmt: skip
    signal.signal(signal.SIGINT, signal.default_int_handler)
    whole = train("whole", **options)
    with monkeypatch.context() as patch:
        draw, drawn = WindowSampler.draw, []

        def interrupted(sampler, lengths=None, ground=None):
            drawn.append(lengths is not None)  # not those of the base rates
            if sum(drawn) == 4 + 1:  # one of them was the probe
                signal.raise_signal(signal.SIGINT)
            return draw(sampler, lengths, ground)

        patch.setattr(WindowSampler, "draw", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train("broken", **options)
    with pytest.raises(TrainingError, match=r"another .*training\.weights\.region"):
        train("broken", resume=True, **{**options, "weights": {"region": 0.6}})
    with pytest.raises(TrainingError, match=r"another .*network\.tasks"):
        train("broken", resume=True, **{**options, "tasks": (REGION,)})
    resumed = train("broken", resume=True, **options)
    mine, theirs = whole.network.state_dict(), resumed.network.state_dict()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in mine.items())
    first, second = (
        pd.read_csv(tmp_path / f"{name}.metrics.tsv", sep="\t").drop(columns="minutes")
        for name in ("whole", "broken")
    )
    pd.testing.assert_frame_equal(first, second)
    assert {*columns("share"), *columns("weight"), "loss_region"} <= set(first.columns)
    assert "cosine_region_contains-gene" in first.columns
    assert first[columns("share")].sum(axis=1).tolist() == pytest.approx([1, 1])
    if how == "fixed":
        assert first["weight_region"].tolist() == [0.5, 0.5]
    else:
        assert first["weight_splice"].iloc[1] != 1
    copy = load_model(tmp_path / "whole.splicenet")
    assert [task.name for task in copy.network.config.tasks] == ["region", "contains-gene"]
    assert set(copy.record["tasks"]["weights"]) == set(NAMES)
    assert copy.record["training"]["balance"] == how
    assert 0 <= copy.record["task_metrics"]["fly"]["region"]["accuracy"] <= 1
    assert copy.record["task_metrics"]["fly"]["contains-gene"]["known"] > 0


def test_tasks_are_learned(train, tmp_path):
    """On a genome that is half intron, who knows the region and the gene is better than chance."""
    train(tasks=(REGION,), steps=120, evaluations=4, length=1024, batch_tokens=2048)
    table = pd.read_csv(tmp_path / "model.metrics.tsv", sep="\t")
    assert table["loss_region"].iloc[-1] < 0.97 * table["loss_region"].iloc[0]


def test_another_models_heads_are_continued(train, tmp_path):
    first = train("first", tasks=(REGION,), steps=2, evaluations=1)
    options = {"steps": 1, "evaluations": 1, "learning_rate": 1e-9}
    path = tmp_path / "first.splicenet"
    second = train("second", tasks=(REGION, GENE), init=path, **options)
    old, new = first.network.heads[0].answer, second.network.heads[0].answer
    torch.testing.assert_close(old.weight, new.weight, rtol=0, atol=1e-6)
    torch.testing.assert_close(old.bias, new.bias, rtol=0, atol=1e-6)
    assert second.network.heads[1].answer.bias.any()  # its base rate
    third = train("third", init=path, **options)
    assert third.network.config.tasks == ()


def test_heads_go_on_pooling_as_they_learned_to(network):
    """Unless another way is asked for, or there was no such head."""
    plain, taught = network((REGION,), pool="last"), network((GENE,), pool="last")
    assert with_tasks(taught, (GENE,)) == (taught, set())
    kept, new = with_tasks(taught, (REGION, GENE))
    assert (kept.config.pooling, new) == ("last", {REGION.name})
    assert torch.equal(kept.heads[1].answer.weight, taught.heads[0].answer.weight)
    asked, new = with_tasks(taught, (GENE,), "attention")
    assert (asked.config.pooling, new) == ("attention", {GENE.name})
    begun, new = with_tasks(plain, (REGION, GENE))
    assert (begun.config.pooling, new) == ("mean", {GENE.name})
    assert with_tasks(plain, (REGION,)) == (plain, set())


def test_a_parent_that_cannot_have_these_heads(network):
    with pytest.raises(TrainingError, match="conv leaves out; pool mean or attention instead"):
        with_tasks(network((REGION,), architecture="conv"), (GENE,), "last")
