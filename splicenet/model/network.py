"""The network, from top to bottom.

Bases are read at three time scales, each slower than the one before: residual convolutions at
every base see the consensus; coarser residual convolutions see some hundred bases around it; a
bidirectional recurrent level walks over the whole stretch and carries what lies far away, an exon
ago or a gene ago. Every level is added back to the faster one it was read from, and the head names
each base *neither*, *donor* or *acceptor*; heads of other tasks stand beside it. Sequences are read
in the direction of transcription.

In the comments ``B`` is the batch, ``L`` the length in bases, ``T`` the steps of a slower level,
``S`` its stride, ``C`` the channels of a level and ``H`` the hidden units of one direction.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from splicenet.genome.tasks import SPLICE
from splicenet.model.accent import Accent
from splicenet.model.config import Architecture, NetworkConfig
from splicenet.model.convolution import Convolution
from splicenet.model.frames import open_frames
from splicenet.model.heads import expect, make_heads, mean_state
from splicenet.model.levels import (
    WHOLE,
    CoarseLevel,
    Reading,
    ResidualBlock,
    in_full,
    make_recurrence,
    only,
    recur,
)
from splicenet.model.recurrence import Recurrence, Truncation, Watch

__all__ = ["CLASSES", "Architecture", "NetworkConfig", "SpliceNetwork"]

CLASSES = ("neither", "donor", "acceptor")


class SpliceNetwork(nn.Module):
    """Codes of bases in, logits of the three classes out.

    Parameters
    ----------
    config
        The shape of the network.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self._frozen: list[nn.Module] = []
        if config.architecture == "lstm":
            self.plain = make_recurrence(4, config)
            width = 2 * config.hidden
        else:
            width = config.channels
            self.stem = Convolution(4, width, config.kernel, padding=config.kernel // 2)
            self.accent = Accent(len(config.species), width) if config.species else None
            self.trunk = nn.Sequential(
                *(ResidualBlock(width, config.kernel, d) for d in config.dilations)
            )
            self.coarse = CoarseLevel(config)
            self.last = ResidualBlock(width, config.kernel)
        self.head = Convolution(width, len(CLASSES), 1)
        self._expect_few_sites()
        self.heads = make_heads(config.tasks, config.pooling, local=width, slow=config.slowest[1])

    def _expect_few_sites(self) -> None:
        """Start the head at the base rate, or the first steps learn only that sites are rare."""
        nn.init.zeros_(self.head.weight)
        prior = torch.tensor([1 - 2 * self.config.site_prior] + 2 * [self.config.site_prior])
        with torch.no_grad():
            cast(Tensor, self.head.bias).copy_(prior.log())

    def expect(self, rates: Mapping[str, Sequence[float]]) -> None:
        """Let the heads of tasks, by name, begin at base rates, as :func:`expect` takes them."""
        for task, head in zip(self.config.tasks, self.heads, strict=True):
            if task.name in rates and not task.against:
                expect(head, task, rates[task.name])

    @property
    def recurrence(self) -> Recurrence | None:
        """The recurrent layers, if the network has any."""
        if self.config.architecture == "lstm":
            return self.plain
        level = self.coarse.recurrent
        return None if level is None else level.recurrence

    def forward(
        self,
        codes: Tensor,
        *,
        lengths: Tensor | None = None,
        truncation: Truncation | None = None,
        recompute: int = 0,
        watch: Watch | None = None,
        species: Tensor | None = None,
    ) -> Tensor:
        """Read a batch of sequences.

        Parameters
        ----------
        codes
            Bases 0 to 4 (A, C, G, T, N) in the direction of transcription, (B, L), any integer
            dtype. ``L`` need not be a multiple of the phase.
        lengths
            Bases of each sequence, (B,), any integer dtype, if some are shorter than ``L``: in eval
            mode each then reads as it does alone. Logits beyond a length mean nothing.
        truncation, recompute, watch
            As :class:`~splicenet.model.recurrence.Recurrence` takes them.
        species
            Indices in the configuration's ``species``, (B,), int64; -1 where it is not told.

        Returns
        -------
        Tensor
            Logits in the order of :data:`CLASSES`, (B, 3, L), float32.
        """
        how = Reading(lengths, truncation, recompute, watch, species=species)
        return self.read(self._letters(codes), how).float()

    def read_all(
        self,
        codes: Tensor,
        *,
        lengths: Tensor | None = None,
        truncation: Truncation | None = None,
        recompute: int = 0,
        watch: Watch | None = None,
        species: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """As :meth:`forward`, with the answers to all tasks.

        Returns
        -------
        dict
            ``splice`` as :meth:`forward` gives it, then each task by its name, float32: of a local
            one logits of its classes, or its number in the task's units, or the log-odds of a
            number between 0 and 1, (B, K, L); of a global one logits, (B, K). Of a task that is
            trained against the mean of what the splice head reads, (B, C).
        """
        said: list[Tensor] = []
        how = Reading(lengths, truncation, recompute, watch, said.append, species)
        x, how = self._features(self._letters(codes), how)
        (slow,) = said  # (B, T, W)
        answers = in_full(partial(self._answers, slow=slow, how=how), x)
        return {
            name: answer.float()[..., : codes.shape[1]] if answer.ndim == 3 else answer.float()
            for name, answer in answers.items()
        }

    def _answers(self, x: Tensor, slow: Tensor, how: Reading) -> dict[str, Tensor]:
        """Of all heads, from what they read, (B, C, L) and (B, T, W)."""
        answers = {SPLICE: self.head(x)}
        slow = slow.to(x.dtype)
        for task, head in zip(self.config.tasks, self.heads, strict=True):
            if task.scope == "local":
                answers[task.name] = head(x)
            elif task.against:
                answers[task.name] = mean_state(x, how.there(x.shape[-1], 1))
            else:
                there = how.there(slow.shape[1], self.config.slowest[0])
                answers[task.name] = head(slow, there)
        return answers

    def _letters(self, codes: Tensor) -> Tensor:
        """(B, L) to (B, L, 4); N is zeros."""
        return F.one_hot(codes.long(), 5)[..., :4].to(self.head.weight.dtype)

    def read(self, bases: Tensor, how: Reading = WHOLE) -> Tensor:
        """As :meth:`forward`, from numbers for letters, so that gradients can flow back to them.

        Parameters
        ----------
        bases
            A, C, G, T, (B, L, 4), of the weights' dtype; N is zeros.
        how
            What :meth:`forward` takes beside the codes.

        Returns
        -------
        Tensor
            Logits, (B, 3, L), of the weights' dtype.
        """
        return in_full(self.head, self._features(bases, how)[0])[..., : bases.shape[1]]

    def _features(self, bases: Tensor, how: Reading) -> tuple[Tensor, Reading]:
        """What the local heads read, (B, C, L), and how it was read, to whole phases."""
        phase = self.config.phase
        bases = F.pad(bases, (0, 0, 0, -bases.shape[1] % phase))  # N
        if how.lengths is not None:
            there = torch.arange(bases.shape[1], device=bases.device) < how.lengths[:, None]
            bases = bases.masked_fill(~there[..., None], 0)
            how = how._replace(lengths=-(-how.lengths // phase) * phase)
        if self.config.architecture == "lstm":
            read = partial(recur, self.plain, how=how, stride=1)
            return in_full(read, bases).transpose(1, 2), how  # (B, 2H, L)
        return self._convolve(bases.transpose(1, 2), how), how

    def _convolve(self, bases: Tensor, how: Reading) -> Tensor:
        there = how.there(bases.shape[-1], 1)
        x = self.stem(bases)  # (B, C, L)
        x = only(F.relu(x if self.accent is None else self.accent(x, how.species)), there)
        for block in self.trunk:
            x = block(x, there)
        return self.last(only(self.coarse(x, self.opened(bases), how), there), there)

    def opened(self, bases: Tensor) -> Tensor | None:
        """How far reading frames are open, (B, 4, L) to (B, 2, L), if the network is told."""
        codons = self.config.codons
        return open_frames(bases.transpose(1, 2), codons).transpose(1, 2) if codons else None

    def freeze(self, modules: Iterable[nn.Module]) -> None:
        """Keep the weights, and the running averages, of some parts as they are."""
        for module in modules:
            module.requires_grad_(False)
            self._frozen.append(module)

    def train(self, mode: bool = True) -> SpliceNetwork:
        """As torch's, but frozen parts stay in eval mode."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def for_species(self, name: str | None) -> SpliceNetwork:
        """A copy that reads one species, or with ``None`` any, and needs not be told which.

        A species without biases of its own is read as any; a network that has none is its own copy.
        """
        if not self.config.species:
            return self
        copied = copy.deepcopy(self)
        copied.config = replace(self.config, species=())
        for level, layer in ((copied, copied.stem), (copied.coarse, copied.coarse.down)):
            accent = cast(Accent, level.accent)
            if name in self.config.species:
                with torch.no_grad():
                    cast(Tensor, layer.bias).add_(accent.bias[self.config.species.index(name)])
            level.accent = None
        return copied

    def fused(self) -> SpliceNetwork:
        """A copy for prediction: eval mode, normalisations folded into the convolutions."""
        copied = copy.deepcopy(self).eval()
        for module in copied.modules():
            if isinstance(module, ResidualBlock):
                module.fuse()
        return copied
