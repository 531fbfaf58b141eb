from __future__ import annotations

import numpy as np
import pytest
import torch

from splicenet.diagnostics.fit import measure_fit
from splicenet.diagnostics.windows import SiteWindows
from splicenet.genome.labels import UNKNOWN


def test_a_constant_that_knows_the_shares_explains_nothing(network, windows):
    made = network("rnn")
    torch.nn.init.zeros_(made.head.weight)
    counts = np.array([np.count_nonzero(windows.labels == kind) for kind in range(3)])
    with torch.no_grad():
        made.head.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))
    fit = measure_fit(made, windows, batch=3)
    assert fit.unexplained == pytest.approx(1, abs=1e-5)
    assert fit.sites == counts[1:].sum()
    with torch.no_grad():
        made.head.bias.copy_(torch.tensor([0.0, 5.0, 5.0]))
    assert measure_fit(made, windows, batch=8).unexplained > 10


def test_unknown_bases_and_margins_do_not_count(network, windows, tiny):
    made = network("lstm", **tiny | {"architecture": "hybrid"})
    margin = 64
    assert made.config.margin >= margin
    blind = windows.labels.copy()
    blind[:, :margin] = blind[:, -margin:] = UNKNOWN
    assert measure_fit(made, windows, batch=8) == measure_fit(
        made, SiteWindows(windows.codes, blind), batch=8
    )
    blind[:, 100:156] = UNKNOWN
    assert measure_fit(made, SiteWindows(windows.codes, blind), batch=8).sites == 0
