"""A first guess at the next base from the words before it, for the language model to correct.

In the comments ``B`` is the batch, ``2`` the side that is read from, ``L`` the length in bases,
``K`` the lengths of words that are asked and ``C`` the channels of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.genome.alphabet import reverse_complement
from splicenet.genome.words import WordModel

__all__ = ["Hints", "first_guess"]

_SEEN = 10.0
"""Scale of the logarithm of how often a word was seen."""
_WIDTH = 32
"""Hidden units between what is read and said, and how far each length of words is trusted."""


def first_guess(words: Sequence[WordModel], codes: Tensor, *, counted: bool = False) -> Tensor:
    """What words say of the base after each that was read, from either side.

    Parameters
    ----------
    words
        Of every sequence the model that is asked, all of one order K.
    codes
        Sequences of bases 0 to 4, (B, L).
    counted
        Whether each sequence is one that its model counted.

    Returns
    -------
    Tensor
        float32, (B, 2, L, K, 5), the second side turned around: of words of 1 to K bases the log
        probabilities of A, C, G, T, and the logarithm of how often the word was seen.
    """
    left = codes.cpu().numpy().astype(np.uint8)
    said = np.empty((len(left), 2, left.shape[1], words[0].order, 5), np.float32)
    for model in {id(one): one for one in words}.values():
        rows = [row for row, one in enumerate(words) if one is model]
        said[rows] = _both_sides(model, left[rows], counted)[:, :, :, 1:]
    return F.pad(torch.from_numpy(said[:, :, 1:]), (0, 0, 0, 0, 0, 1)).to(codes.device)


def _both_sides(words: WordModel, codes: np.ndarray, counted: bool) -> np.ndarray:
    """What is said of every base, (B, 2, L, K + 1, 5)."""
    ahead = words.tell(codes, counted=counted)
    behind = words.tell(reverse_complement(codes), counted=counted)
    # A side that is turned around reads complements where the other strand reads bases.
    chances = np.stack([ahead.probabilities, behind.probabilities[..., ::-1]], axis=1)
    seen = np.stack([ahead.seen, behind.seen], axis=1)
    return np.concatenate([np.log(chances), np.log1p(seen)[..., None] / _SEEN], axis=-1)


class Hints(nn.Module):
    """How far the network trusts what words say, and itself.

    At first it believes the longest words and nothing else; what it reads, and how often a word was
    seen, moves its trust from base to base.

    Parameters
    ----------
    orders
        How many lengths of words are asked, K.
    width
        Channels of the network, C.
    """

    def __init__(self, orders: int, width: int) -> None:
        super().__init__()
        self.read = nn.Conv1d(2 * width, 2 * _WIDTH, 1, groups=2)
        self.said = nn.Linear(5 * orders, _WIDTH)
        self.trust = nn.Conv1d(2 * _WIDTH, 2 * (orders + 1), 1, groups=2)
        nn.init.zeros_(self.trust.weight)
        with torch.no_grad():
            first = F.one_hot(torch.tensor(orders - 1), orders + 1).float()
            cast(Tensor, self.trust.bias).copy_(first.repeat(2))

    def forward(self, x: Tensor, alone: Tensor, guess: Tensor) -> Tensor:
        """Log probabilities as they are trusted, (B, 2, 4, L), float32.

        Parameters
        ----------
        x
            What was read, (B, 2, C, L).
        alone
            What the network says without a guess, logits, (B, 2, 4, L).
        guess
            As :func:`first_guess` gives it.
        """
        said = self.said(guess.flatten(3)).transpose(2, 3)  # (B, 2, hidden, L)
        heard = F.relu(self.read(x.flatten(1, 2)) + said.flatten(1, 2))
        trust = self.trust(heard).unflatten(1, (2, -1)).float()  # (B, 2, K + 1, L)
        words = torch.einsum("bskl,bslkc->bscl", trust[:, :, :-1], guess[..., :4])
        return words + trust[:, :, -1:] * alone.log_softmax(2)
