"""How far reading frames are open on either side of every base.

An exon that codes is open, without a stop codon, in one of three frames from end to end; the other
frames, introns and what lies between genes are closed every twenty codons or so. Convolutions over
some bases cannot count codons, and a recurrent level that takes several bases a step loses the
frame, so that both are told.

In the comments ``B`` is the batch and ``L`` the length in bases.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["frame_reach", "open_frames"]


def frame_reach(codons: int) -> int:
    """Bases on either side of a change in which :func:`open_frames` may differ."""
    return 3 * codons + 2 if codons else 0


def open_frames(bases: Tensor, codons: int) -> Tensor:
    """Count the codons that are open one behind the other, before and after every base.

    Parameters
    ----------
    bases
        A, C, G, T, (B, L, 4), floating point; N is zeros. Need not be one-hot: the stop codons'
        letters are multiplied, so that gradients flow back.
    codons
        A power of two, beyond which none is counted.

    Raises
    ------
    ValueError
        If it is no power of two.

    Returns
    -------
    Tensor
        (B, L, 2), of 0 to 1, shares of ``codons``: open codons the last of which ends with the
        base, and open codons the first of which begins with it. TAA, TAG and TGA, N and the ends of
        the sequence close a frame.
    """
    if codons < 1 or codons & (codons - 1):
        raise ValueError(f"codons are counted up to a power of two, not to {codons}")
    # Noise is no N: what is there by more than half is there.
    there = (2 * bases.sum(2)).clamp(0, 1)
    a, _, g, t = bases.unbind(2)
    known = there * _later(there, 1) * _later(there, 2)
    stop = t * (_later(a, 1) * (_later(a, 2) + _later(g, 2)) + _later(g, 1) * _later(a, 2))
    # Whether the codon that begins here is open, (B, L). Of numbers that are no letters, as noisy
    # copies have them, products of hundreds would have no bound; of letters and their mixtures all
    # lies well within these bounds, so that gradients are what they are.
    begins = (known - stop).clamp(-0.5, 1.5)
    ends = _later(begins.flip(1), 2)  # whether the one that ends here is, from the right
    after, before = _run(torch.cat([begins, ends]), codons).chunk(2)
    return torch.stack([before.flip(1), after], dim=2).clamp(-1, 2)


def _run(opened: Tensor, codons: int) -> Tensor:
    """Codons that are open one behind the other from a base on, as a share of the most.

    Runs of twice as many are those of so many with those that follow them, if all of them are.
    """
    run = through = opened
    length = 1
    while length < codons:
        run = run + through * _later(run, 3 * length)
        through = through * _later(through, 3 * length)
        length *= 2
    return run / codons


def _later(x: Tensor, bases: int) -> Tensor:
    """What stands so many bases later, (B, L); behind the end nothing does."""
    return F.pad(x[:, bases:], (0, min(bases, x.shape[1])))
