from __future__ import annotations

import json
import pickle
import re
import struct
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from splicenet.exceptions import ModelFileError, OutputError
from splicenet.model.modelfile import load_model, save_model, species_in
from splicenet.model.network import SpliceNetwork
from splicenet.model.scale import Scale


@pytest.fixture(scope="module")
def data(trained) -> bytes:
    return trained.read_bytes()


def with_header(data: bytes, change) -> bytes:
    """A model file whose JSON (as a dict) went through ``change``; a string is taken as it is."""
    (size,) = struct.unpack_from("<Q", data)
    outer = json.loads(data[8 : 8 + size])
    inner = json.loads(outer["__metadata__"]["splicenet"])
    changed = change(inner)
    text = changed if isinstance(changed, str) else json.dumps(changed)
    outer["__metadata__"]["splicenet"] = text
    header = json.dumps(outer).encode()
    return struct.pack("<Q", len(header)) + header + data[8 + size :]


def refused(tmp_path, content: bytes) -> str:
    path = tmp_path / "some.splicenet"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ")
    assert "\n" not in sentence
    return sentence


def test_round_trip_bit_for_bit(tmp_path, trained_model):
    path = tmp_path / "copy.splicenet"
    save_model(path, trained_model)
    copy = load_model(path)
    tensors = copy.network.state_dict()
    assert tensors.keys() == trained_model.network.state_dict().keys()
    for name, tensor in trained_model.network.state_dict().items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)
    assert copy.network.config == trained_model.network.config
    assert not copy.network.training
    assert copy.scale == trained_model.scale
    assert copy.species == trained_model.species
    assert (copy.flank, copy.threshold) == (trained_model.flank, trained_model.threshold)
    assert copy.record == trained_model.record


def test_saving_twice_gives_the_same_bytes(tmp_path, trained_model, data):
    save_model(tmp_path / "again.splicenet", trained_model)
    assert (tmp_path / "again.splicenet").read_bytes() == data


def test_record_says_where_the_model_comes_from(trained_model, fly_files):
    record = trained_model.record
    assert record["data"]["fly"]["fasta"]["name"] == fly_files.fasta.name
    assert len(record["data"]["fly"]["annotation"]["sha256"]) == 64
    assert record["seed"] == record["training"]["seed"] == 1
    assert {"splicenet", "torch", "numpy", "python"} <= record["versions"].keys()
    assert record["metrics"]["fly"]["both strands"]["donor"]["sites"] > 0


def test_missing_file(tmp_path):
    with pytest.raises(ModelFileError, match="no such model file"):
        load_model(tmp_path / "nothing.splicenet")


def test_folder(tmp_path):
    with pytest.raises(ModelFileError, match="no such model file"):
        load_model(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, bytes(range(256)) * 40, b">chr1\nACGT\n"])
def test_what_is_no_model(tmp_path, content):
    assert "not a splicenet model" in refused(tmp_path, content)


@pytest.mark.parametrize("kept", [0.01, 0.3, 0.999])
def test_truncated_file(tmp_path, data, kept):
    assert "damaged" in refused(tmp_path, data[: int(kept * len(data))])


def test_weights_of_something_else(tmp_path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    content = (tmp_path / "other.safetensors").read_bytes()
    assert "holds no splicenet model" in refused(tmp_path, content)


@pytest.mark.parametrize(
    ("number", "what"), [(99, "a newer.*upgrade splicenet"), (1, "an older.*train it again")]
)
def test_another_format(tmp_path, data, number, what):
    written = with_header(data, lambda inner: inner | {"format": number})
    assert re.search(what, refused(tmp_path, written))


def test_other_alphabet(tmp_path, data):
    content = with_header(data, lambda inner: inner | {"alphabet": "ACDEFGHIKLMNPQRSTVWY"})
    assert "alphabet 'ACDEFGHIKLMNPQRSTVWY'" in refused(tmp_path, content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda inner: json.dumps(inner)[:-10],
        lambda inner: "[]",
        lambda inner: "null",
        lambda inner: {key: value for key, value in inner.items() if key != "network"},
        lambda inner: inner | {"network": inner["network"] | {"wings": 2}},
        lambda inner: inner | {"network": inner["network"] | {"channels": "many"}},
        lambda inner: inner | {"network": inner["network"] | {"hidden": 9}},
        lambda inner: inner | {"network": []},
        lambda inner: inner | {"format": "one"},
        lambda inner: inner | {"flank": "long"},
        lambda inner: inner | {"scale": inner["scale"] | {"threshold": {"donor": 0.5}}},
        lambda inner: inner | {"scale": inner["scale"] | {"calibration": {"donor": {}}}},
        lambda inner: inner | {"species": {"fly": {}}},
        lambda inner: inner | {"record": 3},
    ],
)
def test_damaged_description(tmp_path, data, damage):
    refused(tmp_path, with_header(data, damage))


@pytest.mark.parametrize(
    "damage",
    [
        lambda inner: json.dumps(inner)[:-10],
        lambda inner: "[]",
        lambda inner: {key: value for key, value in inner.items() if key != "network"},
    ],
)
def test_species_of_a_damaged_description(tmp_path, data, damage):
    path = tmp_path / "m.splicenet"
    path.write_bytes(with_header(data, damage))
    with pytest.raises(ModelFileError, match="damaged or incomplete"):
        species_in(path)


class Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_a_pickle_is_refused_unopened(tmp_path):
    sprung = tmp_path / "sprung"
    pickle.loads(pickle.dumps(Trap(sprung))).close()
    assert sprung.exists(), "the trap must work"
    sprung.unlink()
    torch.save({"model": Trap(sprung)}, tmp_path / "model.pt")
    assert "not a splicenet model" in refused(tmp_path, (tmp_path / "model.pt").read_bytes())
    assert "not a splicenet model" in refused(tmp_path, pickle.dumps(Trap(sprung)))
    assert not sprung.exists()


def test_a_model_that_cannot_be_written_leaves_nothing(tmp_path, trained_model):
    with pytest.raises(OutputError, match="create it first"):
        save_model(tmp_path / "missing" / "model.splicenet", trained_model)
    with pytest.raises(OutputError, match="folder"):
        save_model(tmp_path, trained_model)
    with pytest.raises(OutputError, match="full"):
        save_model("/dev/full", trained_model)
    assert not list(tmp_path.iterdir())


def test_scales_from_before_copies_are_read(trained_model):
    values = trained_model.scale.to_dict()
    assert Scale.from_dict(values) == trained_model.scale
    del values["copies"]
    assert Scale.from_dict(values) == trained_model.scale.without_copies()


@pytest.mark.parametrize("taken", [float("nan"), float("inf"), -1.0])
def test_what_is_taken_off_must_be_a_number(trained_model, taken):
    values = trained_model.scale.to_dict() | {"copies": {"donor": taken, "acceptor": 1.0}}
    with pytest.raises(ValueError, match="copies"):
        Scale.from_dict(values)


def test_networks_from_before_reading_frames_are_read(tmp_path, trained_model):
    """Their files say nothing of frames, and they are not told of any."""
    untold = replace(
        trained_model, network=SpliceNetwork(replace(trained_model.network.config, frames=0))
    )
    path = tmp_path / "old.splicenet"
    save_model(path, untold)

    def without(inner):
        del inner["network"]["frames"]
        return inner

    path.write_bytes(with_header(path.read_bytes(), without))
    assert load_model(path).network.config.codons == 0
