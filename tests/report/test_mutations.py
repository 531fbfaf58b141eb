import numpy as np
import pandas as pd
import pytest

from splicenet.report.mutations import agreement, epistasis_map, measured_plot


def test_correlations_leave_out_what_is_no_number():
    predicted = pd.Series([1.0, 2.0, 3.0, 10.0, 5.0])
    found = agreement(predicted, pd.Series(["1", "2", "3", "4", "NA"]))
    assert found.rows == 4
    assert found.spearman == pytest.approx(1)
    assert 0.8 < found.pearson < 0.95


def test_too_little_has_no_correlation():
    assert np.isnan(agreement(pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0])).pearson)
    assert np.isnan(agreement(pd.Series([1.0] * 5), pd.Series(range(5))).spearman)


def test_pictures(tmp_path):
    scatter, grid = tmp_path / "scatter.png", tmp_path / "map.png"
    measured_plot(scatter, pd.Series([0.1, 2]), pd.Series(["0.2", "x"]), across="psi", up="delta")
    values = np.array([[np.nan, 1.0], [1.0, np.nan]])
    epistasis_map(grid, values, bases="AC", first=10, title="a map")
    for path in (scatter, grid):
        assert path.read_bytes().startswith(b"\x89PNG")
