"""What a command's options say of a network."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from splicenet.cli.network_options import NETWORK_OPTIONS, chosen_network, network_options
from splicenet.exceptions import TrainingError
from splicenet.model.network import NetworkConfig


def chosen(*arguments: str, names=()) -> NetworkConfig:
    """The network of a command with these options."""
    found = []

    @click.command()
    @network_options(*names)
    @click.option("--steps")
    def command(**choices):
        found.append(chosen_network(choices))
        assert set(choices) == {"steps"}

    CliRunner().invoke(command, arguments, catch_exceptions=False)
    return found[0]


def test_without_a_choice_it_is_the_default():
    assert chosen() == NetworkConfig()
    assert chosen(names=("hidden",)) == NetworkConfig()


def test_a_plain_lstm_has_two_layers_of_its_own_cell():
    network = chosen("--architecture", "lstm")
    assert (network.cell, network.layers) == ("lstm", 2)
    assert chosen("--architecture", "lstm", "--layers", "1").layers == 1


def test_every_option_is_heard():
    told = {
        "cell": "lowrank", "frames": 64, "hidden": 24, "layers": 3, "layer_stride": 2, "rank": 5,
        "initialisation": "orthogonal", "longest_memory": 300,
    }  # fmt: skip
    arguments = [word for name, value in told.items() for word in (_flag(name), str(value))]
    network = chosen(*arguments)
    assert {name: getattr(network, name) for name in told} == told
    assert chosen("--forget-bias", "2.5").forget_bias == 2.5
    assert {*told, "forget_bias", "architecture"} == set(NETWORK_OPTIONS)


def test_choices_that_do_not_go_together():
    with pytest.raises(TrainingError, match="diagonal has no recurrent matrix"):
        chosen("--initialisation", "orthogonal")
    with pytest.raises(TrainingError, match="power of two"):
        chosen("--frames", "100")
    with pytest.raises(TrainingError, match="lstm is not told of --frames"):
        chosen("--architecture", "lstm", "--frames", "64")


def test_who_is_told_of_reading_frames():
    assert chosen().codons == 128
    assert chosen("--architecture", "conv").codons == 128
    assert chosen("--architecture", "lstm").codons == 0
    assert chosen("--architecture", "lstm", "--frames", "0").codons == 0
    assert chosen("--frames", "0").codons == 0


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
