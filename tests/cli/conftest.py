"""The command line, in this process and in others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest


class Result(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """The one line of a refusal."""
        assert self.code == 2, self.err
        assert not self.out
        assert self.err.startswith("splicenet: ")
        assert self.err.count("\n") == 1
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err
        return self.err.removeprefix("splicenet: ").rstrip()


@pytest.fixture
def cli(capsys):
    """``cli("predict", ...)`` runs a command here and gives its :class:`Result`."""
    from splicenet.cli.main import main

    def cli(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        return Result(left.value.code, *capsys.readouterr())

    return cli


@pytest.fixture
def refused(cli, tmp_path):
    """The sentence with which a command is refused; it must leave no file but an index."""

    def files() -> set[Path]:
        return {path for path in tmp_path.rglob("*") if path.suffix not in (".fai", ".gzi")}

    def refused(*arguments: object) -> str:
        before = files()
        sentence = cli(*arguments).sentence
        assert files() == before
        return sentence

    return refused


@pytest.fixture(scope="session")
def environment(private_cache) -> dict[str, str]:
    """As users have it: standard output has a buffer, whatever this process was told."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return {**kept, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@pytest.fixture
def program(environment):
    """``program("predict", ...)`` runs a command in a process of its own."""

    def program(*arguments: object, **options: object) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "splicenet", *map(str, arguments)],
            env=environment,
            text=True,
            timeout=300,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )
        return Result(done.returncode, done.stdout or "", done.stderr)

    return program


@pytest.fixture(scope="session")
def tiny_program(tiny) -> list[str]:
    """The beginning of a command line that trains the tiny network."""
    script = Path(__file__).parent / "tiny_splicenet.py"
    return [sys.executable, str(script), json.dumps(tiny)]


@pytest.fixture
def tiny_network(monkeypatch, tiny):
    """Let ``train``, in this process, make the tiny network."""
    from splicenet.model.network import NetworkConfig

    monkeypatch.setattr(
        "splicenet.cli.network_options.NetworkConfig",
        lambda **chosen: NetworkConfig(**{**chosen, **tiny}),
    )


@pytest.fixture(scope="session")
def quick() -> list[str]:
    """Options of a training run of seconds."""
    text = (
        "--steps 12 --length 512 --batch-tokens 1024 --learning-rate 0.01 --evaluations 2 "
        "--validation 0.02 --threads 1 --device cpu"
    )
    return text.split()


class Stretch(NamedTuple):
    """``start`` to ``end`` of a fly's chromosome, as the contig ``fly`` in files of its own."""

    folder: Path
    start: int = 100_000
    end: int = 104_000
    sites: tuple[tuple[int, str, str], ...] = (
        (300, "+", "donor"),
        (420, "+", "donor"),
        (1500, "-", "acceptor"),
        (40, "-", "donor"),
    )


@pytest.fixture(scope="session")
def stretch(tmp_path_factory, fly_files, tiny) -> Stretch:
    """Sites on it and on its mirror, and a network of chance to explain them by."""
    import torch

    from splicenet.genome.alphabet import decode, reverse_complement
    from splicenet.genome.sequence import open_genome
    from splicenet.genome.tasks import REGIONS, Task
    from splicenet.model.calibration import Calibration
    from splicenet.model.modelfile import Model, save_model
    from splicenet.model.network import NetworkConfig, SpliceNetwork
    from splicenet.model.scale import Scale

    here = Stretch(tmp_path_factory.mktemp("stretch"))
    folder, start, end, sites = here
    with open_genome(fly_files.fasta) as genome:
        codes = genome.fetch(fly_files.contig, start, end)
    (folder / "fly.fa").write_text(f">fly\n{decode(codes)}\n")
    (folder / "mirror.fa").write_text(f">fly\n{decode(reverse_complement(codes))}\n")
    last = end - start - 1
    with open(folder / "fly.bed", "w") as ours, open(folder / "mirror.bed", "w") as theirs:
        for position, strand, kind in sites:
            ours.write(f"fly\t{position}\t{position + 1}\t{kind}\t900\t{strand}\n")
            other, at = {"+": "-", "-": "+"}[strand], last - position
            theirs.write(f"fly\t{at}\t{at + 1}\t{kind}\t900\t{other}\n")
    with open(folder / "fly.gtf", "w") as out:
        for first, final in ((200, 301), (380, 421), (500, 600)):
            name = 'gene_id "g"; transcript_id "t";'
            out.write(f"fly\t.\texon\t{first}\t{final}\t.\t+\t.\t{name}\n")
    tasks = (Task("region", "region", REGIONS), Task("signal", "track"))
    torch.manual_seed(0)
    network = SpliceNetwork(NetworkConfig(**{**tiny, "tasks": tasks})).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    kinds = ("donor", "acceptor")
    scale = Scale(dict.fromkeys(kinds, Calibration()), dict.fromkeys(kinds, 0.5))
    save_model(folder / "chance.splicenet", Model(network, 256, scale))
    return here


@pytest.fixture
def explain(cli, stretch, tmp_path):
    """``explain(...)`` explains the sites of the stretch and gives the folder of results."""

    def explain(*arguments: object, name: str = "fly", out: str = "out") -> Path:
        done = cli(
            *("explain", stretch.folder / f"{name}.fa", "-m", stretch.folder / "chance.splicenet"),
            *("--sites", stretch.folder / f"{name}.bed", "-o", tmp_path / out, "--threads", "1"),
            *("--context", "64", "--device", "cpu", *arguments),
        )
        assert done.code == 0, done.err
        return tmp_path / out

    return explain
