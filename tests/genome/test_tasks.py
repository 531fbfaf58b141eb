from __future__ import annotations

import pytest

from splicenet.exceptions import TaskError
from splicenet.genome.task_file import read_task_file
from splicenet.genome.tasks import REGIONS, Task, is_file, parse_tasks, split_source


@pytest.mark.parametrize(
    ("text", "name", "scope", "classes"),
    [
        ("region", "region", "local", REGIONS),
        ("usage", "usage", "local", ()),
        ("mutation", "mutation", "local", ("unchanged", "mutated")),
        ("contains:gene", "contains-gene", "global", ("no", "yes")),
        ("tRNA=contains:tRNA", "tRNA", "global", ("no", "yes")),
        ("species", "species", "global", ()),
    ],
)
def test_parse(text, name, scope, classes):
    task = Task.parse(text)
    assert (task.name, task.scope, task.classes) == (name, scope, classes)
    assert Task.from_dict(task.to_dict()) == task


def test_files_are_found_beside_the_folder(tmp_path):
    (tmp_path / "a.vcf").touch()
    (tmp_path / "seen.bed").touch()
    task = Task.parse("mutation:a.vcf:seen.bed", folder=tmp_path)
    assert split_source(task.source) == (str(tmp_path / "a.vcf"), str(tmp_path / "seen.bed"))
    assert Task.parse("contains:seen.bed", folder=tmp_path).name == "contains-seen"


def test_which_sources_are_files():
    files = [("mutation", "x"), ("contains", "x.bed.gz"), ("contains", "a/x")]
    others = [("contains", "gene"), ("mutation", ""), ("region", "x"), ("species", "x")]
    assert all(is_file(*one) for one in files) and not any(is_file(*one) for one in others)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("regions", "there is no task 'regions'; give region"),
        ("", "there is no task ''"),
        ("track:missing.bw", r"missing\.bw: the task track needs this file"),
        ("mutation:missing.vcf:seen.bed", r"missing\.vcf: the task mutation"),
        ("contains:some/where.bed", "not there"),
        ("contains", "needs intervals or a feature"),
        ("region:x", "has no source"),
        ("track:", "nothing stands behind the colon"),
        ("a b=region", "cannot name a task"),
        ("splice=region", "cannot name a task"),
    ],
)
def test_what_is_no_task(text, said):
    with pytest.raises(TaskError, match=said):
        Task.parse(text)


def test_names_are_unique_and_splice_is_left_out():
    assert [task.name for task in parse_tasks(["splice", "region", "usage"])] == ["region", "usage"]
    with pytest.raises(TaskError, match="two tasks are called 'region'"):
        parse_tasks(["region", "region"])


def test_task_file(tmp_path):
    (tmp_path / "v.vcf").touch()
    path = tmp_path / "tasks.toml"
    path.write_text(
        '[splice]\nweight = 2\n[region]\n[risk]\ntask = "mutation:v.vcf"\nweight = 0.3\n'
    )
    tasks, weights = read_task_file(path)
    assert [(task.name, task.topic) for task in tasks] == [
        ("region", "region"),
        ("risk", "mutation"),
    ]
    assert tasks[1].source == str(tmp_path / "v.vcf")
    assert weights == {"splice": 2.0, "risk": 0.3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no task"),
        ("[region", "no TOML"),
        ("weight = 1\n", "stands outside a task"),
        ("[region]\nwight = 1\n", r"\[region\] cannot have wight"),
        ("[splice]\ntask = 'region'\n", r"\[splice\] cannot have task"),
        ("[region]\nweight = 'much'\n", "must be a number"),
        ("[region]\nweight = -1\n", "must not be negative"),
        ("[region]\ntask = 3\n", "must be a text"),
        ("[mine]\n", "there is no task 'mine'"),
        ("[mine]\ntask = 'track:no.bw'\n", r"not there \(no\.bw\)"),
    ],
)
def test_bad_task_files(tmp_path, text, said):
    path = tmp_path / "tasks.toml"
    path.write_text(text)
    with pytest.raises(TaskError, match=said) as error:
        read_task_file(path)
    assert error.value.path == str(path)


def test_no_task_file(tmp_path):
    with pytest.raises(TaskError, match="no such file"):
        read_task_file(tmp_path / "tasks.toml")
