from __future__ import annotations

import pytest

from splicenet.exceptions import TrainingError
from splicenet.training.settings import TrainingSettings


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({}, "one of --minutes, --steps and --epochs"),
        ({"steps": 3, "minutes": 1.0}, "one of --minutes, --steps and --epochs"),
        ({"steps": 0}, "a number above 0"),
        ({"minutes": -1.0}, "a number above 0"),
        ({"epochs": float("nan")}, "a number above 0"),
        ({"steps": 1, "length": 4096, "batch_tokens": 4000}, "--batch-tokens"),
        ({"steps": 1, "length": 0}, "--length"),
        ({"steps": 1, "genes": 1.0}, "--genes"),
        ({"steps": 1, "untold": 1.5}, "--untold"),
        ({"steps": 1, "validation": 0.0}, "--validation"),
        ({"steps": 1, "evaluations": 0}, "--evaluations"),
        ({"steps": 1, "patience": 0}, "--patience"),
        ({"steps": 1, "learning_rate": -0.1}, "--learning-rate"),
        ({"steps": 1, "learning_rate": float("nan")}, "--learning-rate"),
        ({"steps": 1, "clip": 0.0}, "--clip"),
        ({"steps": 1, "clip_value": 0.0}, "--clip-value"),
        ({"steps": 1, "bptt": 0}, "--bptt"),
        ({"steps": 1, "retries": -1}, "--retries"),
        ({"steps": 1, "length": "128-4096", "batch_tokens": 4000}, "--batch-tokens"),
        ({"steps": 1, "weight_decay": -0.1}, "--weight-decay"),
        ({"steps": 1, "focal": -1.0}, "--focal"),
    ],
)
def test_senseless_choices_are_named(choices, message):
    with pytest.raises(TrainingError, match=message):
        TrainingSettings(**choices)


def test_an_epoch_is_as_many_bases_as_there_are():
    settings = TrainingSettings(epochs=1.5, length=1000, batch_tokens=4999)
    assert settings.batch_size == 4
    assert settings.planned_steps(80_000) == 30
    assert TrainingSettings(steps=7).planned_steps(80_000) == 7
    assert TrainingSettings(minutes=7.0).planned_steps(80_000) is None


def test_an_epoch_in_windows_of_many_lengths():
    settings = TrainingSettings(epochs=1, length="1000:4000", batch_tokens=4000)
    assert settings.batch_size == 1
    assert settings.planned_steps(400_000) == 100
    padded = TrainingSettings(epochs=1, length="1000-4000", batch_tokens=4000)
    assert 110 < padded.planned_steps(400_000) < 140
