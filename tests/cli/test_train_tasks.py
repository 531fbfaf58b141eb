"""``train --task``: what is asked, what it weighs, and what is refused."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

from splicenet.cli.task_options import task_losses
from splicenet.model.modelfile import load_model

pytestmark = pytest.mark.usefixtures("tiny_network")


@pytest.fixture
def train(cli, fly_files, quick, tmp_path):
    """``train(option, ...)`` for a moment, to ``m.splicenet``."""

    def train(*options):
        files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "--species", "fly")
        steps = ["4" if option == "12" else option for option in quick]
        holdout = ("--holdout", "NC_004353.4:600,001-640,000")
        return cli("train", *files, "-o", tmp_path / "m.splicenet", *steps, *holdout, *options)

    return train


def test_tasks_of_the_command_line_and_of_a_file(train, tmp_path):
    file = tmp_path / "tasks.toml"
    file.write_text('[splice]\nweight = 2\n[gene]\ntask = "contains:gene"\nweight = 0.5\n')
    options = ("--task", "region", "--tasks", file, "--weight", "gene=0.25", "--pool", "attention")
    done = train(*options, "--balance", "uncertainty")
    assert done.code == 0, done.err
    assert "; region: loss " in done.err and "% of the gradient" in done.err
    assert "fly, held out, region: accuracy " in done.err
    model = load_model(tmp_path / "m.splicenet")
    config, training = model.network.config, model.record["training"]
    assert [task.name for task in config.tasks] == ["gene", "region"]
    assert config.pool == "attention"
    assert training["weights"] == {"splice": 2.0, "gene": 0.25}
    assert training["balance"] == "uncertainty"
    assert set(model.record["tasks"]["shares"]) == {"splice", "gene", "region"}
    table = pd.read_csv(tmp_path / "m.metrics.tsv", sep="\t")
    assert {"loss_gene", "weight_splice", "share_gene", "cosine_gene_region"} <= set(table.columns)


def test_a_task_that_did_not_come_up_is_not_told_of():
    losses = {"loss": 9.0, "loss_a": 1.0, "loss_b": 2.0, "loss_c": nan}
    shares = {"share_splice": 0.5, "share_a": 0.5, "share_b": nan, "share_c": nan}
    said = task_losses(losses | shares)
    assert said == "; a: loss 1.000, 50% of the gradient; b: loss 2.000"


def test_splice_alone_is_no_task_more(train, tmp_path):
    assert train("--task", "splice").code == 0
    model = load_model(tmp_path / "m.splicenet")
    assert model.network.config.tasks == ()
    assert "tasks" not in model.record and "task_metrics" not in model.record
    assert len(pd.read_csv(tmp_path / "m.metrics.tsv", sep="\t").columns) == 9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--task", "regoin"), "there is no task 'regoin'"),
        (("--task", "region", "--task", "region"), "two tasks are called 'region'"),
        (("--task", "region", "--weight", "regoin=1"), "regoin is of no task here"),
        (("--task", "region", "--weight", "region"), "a task and a number, as in mutation=0.3"),
        (("--task", "region", "--weight", "region=-1"), "--weight region must be a number of"),
        (("--task", "region", "--weight", "region=nan"), "--weight region must be a number of"),
        (("--weight", "splice=0"), "every task has --weight 0"),
        (("--task", "usage"), "no species can teach the task usage: it needs spliced reads"),
        (("--task", "species"), "the task species needs several species"),
        (
            ("--task", "contains:gene", "--architecture", "conv", "--pool", "last"),
            "architecture conv leaves out",
        ),
        (("--tasks", "nothing.toml"), "nothing.toml"),
    ],
)
def test_what_is_refused(train, tmp_path, options, message):
    assert message in train(*options).sentence
    assert not list(tmp_path.glob("m.*"))
