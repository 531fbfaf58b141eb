import json

import numpy as np
import pytest

from splicenet.exceptions import ModelFileError
from splicenet.model.calibration import Calibration, logit


def test_default_changes_nothing():
    p = np.array([1e-20, 1e-6, 0.3, 0.5, 0.999, 1 - 2**-24], np.float32)
    np.testing.assert_allclose(Calibration().apply(p), p, rtol=1e-6)


def test_two_knots_are_platts_line_also_beyond_them():
    slope, offset = 0.5, -2.0
    calibration = Calibration((-1.0, 1.0), (offset - slope, offset + slope))
    p = np.array([1e-6, 0.2, 0.5, 0.999999], np.float32)
    wanted = 1 / (1 + np.exp(-(slope * logit(p) + offset)))
    np.testing.assert_allclose(calibration.apply(p), wanted, rtol=1e-5)


def test_knots_are_met_and_straight_lines_lie_between():
    calibration = Calibration((-2.0, 0.0, 4.0), (-5.0, -1.0, 0.0))
    at = np.array([-3.0, -2.0, -1.0, 0.0, 2.0, 4.0, 8.0])
    out = logit(calibration.apply((1 / (1 + np.exp(-at))).astype(np.float32)))
    np.testing.assert_allclose(out, [-7.0, -5.0, -3.0, -1.0, -0.5, 0.0, 1.0], atol=1e-3)


def test_order_is_kept():
    calibration = Calibration((-2.0, 0.0, 4.0), (-5.0, -1.0, 0.0))
    p = calibration.apply(np.linspace(0.001, 0.999, 10_001, dtype=np.float32))
    assert (np.diff(p) > 0).all()


def test_certainty_is_calibrated_too():
    modest = Calibration((-1.0, 1.0), (-0.1, 0.1))
    none, full = modest.apply(np.array([0.0, 1.0], np.float32))
    assert 0 < none < 0.01
    assert 0.8 < full < 0.9


def test_shape_and_type():
    p = Calibration().apply(np.full((2, 3), 0.5, np.float32))
    assert p.shape == (2, 3)
    assert p.dtype == np.float32


def test_json_and_back():
    calibration = Calibration((-2.5, 0.1, 4.0), (-5.0, -1.0 / 3, 0.0))
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


@pytest.mark.parametrize(
    ("reported", "observed"),
    [((0.0,), (0.0,)), ((0.0, 1.0), (1.0, 1.0)), ((0.0, 1.0), (0.0,)), ((0.0, np.inf), (0.0, 1.0))],
)
def test_knots_must_make_an_increasing_map(reported, observed):
    with pytest.raises(ValueError, match="knots"):
        Calibration(reported, observed)


@pytest.mark.parametrize(
    "values", [{}, {"reported": [0, 1]}, {"reported": "ab", "observed": [0, 1]}, [], None,
               {"reported": [1, 0], "observed": [0, 1]}],
)  # fmt: skip
def test_what_is_no_calibration_is_said_in_a_sentence(values):
    with pytest.raises(ModelFileError, match="calibration cannot be read"):
        Calibration.from_dict(values)
