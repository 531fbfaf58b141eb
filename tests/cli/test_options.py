"""What options share."""

import torch

from splicenet.cli.options import choose_device


def test_numbers_too_small_to_matter_are_zero():
    """They make a CPU many times slower where gradients vanish."""
    tiny = torch.full((64,), 1e-30)
    torch.set_flush_denormal(False)
    assert (tiny * 1e-10).all()
    try:
        assert choose_device("cpu", None) == "cpu"
        assert not (tiny * 1e-10).any()
    finally:
        torch.set_flush_denormal(False)
