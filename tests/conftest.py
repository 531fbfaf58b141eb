"""Real data, and one tiny network trained on it once for all tests that need a trained one."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

# Read when torch is first imported; on busy cores two threads are many times slower than one.
os.environ["OMP_NUM_THREADS"] = "1"

DATA = Path(__file__).parents[1] / "data"


class FlyFiles(NamedTuple):
    """A fly's fourth chromosome with its annotation; ``contig`` is its only contig."""

    fasta: Path
    annotation: Path
    contig: str = "NC_004353.4"


class ReadFiles(NamedTuple):
    """The same chromosome of an older assembly with spliced reads."""

    fasta: Path
    bam: Path
    contig: str = "chr4"


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory):
    """Keep the user's cache out of the tests, and the tests out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def small_disk():
    """``with small_disk(n):`` no file may grow beyond ``n`` bytes, as if the disk were full.

    Only around the call under test: what pytest itself prints may go to a file as well.
    """

    @contextmanager
    def small_disk(size: int):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            signal.signal(signal.SIGXFSZ, handler)

    return small_disk


@pytest.fixture(scope="session")
def fly_files() -> FlyFiles:
    folder = DATA / "drosophila_melanogaster_chr4"
    return FlyFiles(folder / "genome.fa.gz", folder / "annotation.gtf.gz")


@pytest.fixture(scope="session")
def read_files() -> ReadFiles:
    folder = DATA / "drosophila_dm3_chr4"
    return ReadFiles(folder / "genome.fa.gz", folder / "untreated3_chr4.bam")


@pytest.fixture(scope="session")
def fly_species(fly_files):
    from splicenet.genome.species import open_species

    return open_species("fly", fly_files.fasta, fly_files.annotation)


@pytest.fixture(scope="session")
def tiny() -> dict[str, object]:
    """Settings of a network that trains in seconds."""
    # A short memory and short frames, so that a short flank is enough, and quick to read.
    return {
        "channels": 12,
        "coarse_channels": 24,
        "coarse_dilations": (1, 2),
        "hidden": 8,
        "longest_memory": 8,
        "frames": 16,
    }


@pytest.fixture(scope="session")
def trained(tmp_path_factory, fly_species, tiny) -> Path:
    """Model file of a tiny network that has learned what a splice site looks like."""
    from splicenet.model.network import NetworkConfig
    from splicenet.training.run import train_model
    from splicenet.training.settings import TrainingSettings

    path = tmp_path_factory.mktemp("trained") / "tiny.splicenet"
    settings = TrainingSettings(
        steps=200,
        length=1024,
        batch_tokens=4096,
        genes=0.9,
        learning_rate=1e-2,
        warmup_steps=20,
        validation=0.1,
        validation_bases=100_000,
        evaluations=2,
        precision="float32",  # alike on all machines
    )
    train_model([fly_species], path, config=NetworkConfig(**tiny), settings=settings)
    return path


@pytest.fixture(scope="session")
def trained_model(trained):
    from splicenet.model.modelfile import load_model

    return load_model(trained)
