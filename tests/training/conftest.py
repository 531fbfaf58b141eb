"""A training run of seconds on real sequence."""

from __future__ import annotations

import pytest

HELD_OUT = (600_000, 640_000)


@pytest.fixture(scope="session")
def settings():
    from splicenet.training.settings import TrainingSettings

    def settings(**changed):
        choices = {
            "steps": 12,
            "length": 512,
            "batch_tokens": 1024,
            "genes": 0.9,
            "learning_rate": 1e-2,
            "warmup_steps": 5,
            "validation": 0.02,
            "validation_bases": 20_000,
            "evaluations": 3,
            "precision": "float32",  # alike on all machines
        }
        return TrainingSettings(**choices | changed)

    return settings


@pytest.fixture
def train(fly_species, fly_files, tiny, settings, tmp_path):
    """``train(name, steps=..., resume=...)``: settings and :func:`train_model`'s options."""
    from splicenet.model.network import NetworkConfig
    from splicenet.training.run import train_model

    def train(name="model", *, species=(fly_species,), **options):
        shapes = ("architecture", "tasks", "frames")
        passed = ("resume", "restart", "init", "freeze", "reporter", "holdout")
        more = {key: options.pop(key) for key in passed if key in options}
        start, end = HELD_OUT
        shape = {key: options.pop(key) for key in shapes if key in options}
        more.setdefault("holdout", f"{fly_files.contig}:{start + 1}-{end}")
        return train_model(
            species,
            tmp_path / f"{name}.splicenet",
            config=NetworkConfig(**{**tiny, **shape}),
            settings=settings(**options),
            **more,
        )

    return train
