from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from splicenet.exceptions import ModelFileError
from splicenet.genome.alphabet import N
from splicenet.model.calibration import Calibration
from splicenet.model.modelfile import save_model
from splicenet.model.scale import Scale
from splicenet.model.shipped import DEFAULT, find_model, open_model, shipped_models


@pytest.fixture
def path(tmp_path, trained_model):
    """A model with a scale for worms on which everything is likelier."""
    bold = dict.fromkeys(("donor", "acceptor"), Calibration((-1.0, 1.0), (1.0, 3.0)))
    worm = Scale(bold, {"donor": 0.8, "acceptor": 0.9})
    save_model(tmp_path / "m.splicenet", replace(trained_model, species={"worm": worm}))
    return tmp_path / "m.splicenet"


def test_the_scale_of_a_species(path):
    plain, worm = open_model(path), open_model(f"{path}:worm")
    assert worm.threshold == {"donor": 0.8, "acceptor": 0.9}
    half = np.array([0.5], np.float32)
    assert worm.calibration["donor"].apply(half) == pytest.approx(1 / (1 + np.exp(-2)))
    assert plain.scale != worm.scale


def test_an_unknown_species_is_refused_with_those_that_are_known(path):
    with pytest.raises(ModelFileError, match="nothing of its own for a species without a name"):
        open_model(f"{path}:")
    with pytest.raises(ModelFileError, match="nothing of its own for yeast.*worm"):
        open_model(f"{path}:yeast")


@pytest.mark.parametrize("name", sorted(shipped_models()))
def test_shipped_models_read_what_lies_far_away(name, fly_species, fly_files):
    """Farther than convolutions and frames: the recurrent level has something to say."""
    network = open_model(name).network.for_species(None)
    whole = np.stack(
        [
            fly_species.genome.fetch(fly_files.contig, start, start + 8192)
            for start in (100_000, 300_000, 500_000)
        ]
    )
    near = whole.copy()
    near[:, : 4096 - network.config.reach - 64] = N
    with torch.inference_mode():
        read, cut = (network(torch.from_numpy(codes))[..., 4096:4608] for codes in (whole, near))
    # Without the recurrent level there is no difference at all.
    assert (read - cut)[..., :64].abs().max() > 0.01


def test_names(path, tmp_path):
    assert find_model(DEFAULT)[1] is None
    assert find_model(f"{DEFAULT}:homo_sapiens")[1] == "homo_sapiens"
    assert find_model(f"{path}:worm") == (path, "worm")
    with pytest.raises(ModelFileError, match="nor does a model of this name"):
        find_model(tmp_path / "none")
    with pytest.raises(ModelFileError, match="nor does a model of this name"):
        find_model("nothing:worm")


def test_a_file_whose_name_has_a_colon(path, tmp_path):
    odd = tmp_path / "a:worm"
    path.rename(odd)
    assert find_model(odd) == (odd, None)


def test_a_folder_of_that_name_is_no_model(tmp_path, monkeypatch):
    (tmp_path / DEFAULT).mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_model(DEFAULT)[0].is_file()
