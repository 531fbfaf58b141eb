"""A reference read once, and changes to it computed where they show and nowhere else.

A substitution shows behind the first convolution in a few bases, behind every further one in a few
more. Only this cone is computed; what lies around it is the reference's, of which the output of
every convolution is kept. The recurrent level comes to the cone, from either side, in the state in
which it comes to the reference. The result is that of reading the whole, at a fraction of the work.

Everything is in the direction of transcription. In the comments ``R`` counts references, ``B``
changes, ``L`` is a length in bases, ``T`` in steps of a level and ``C`` the channels.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from splicenet.model.cone import Patch, Places, patch_block
from splicenet.model.decoding import Kept, decode
from splicenet.model.frames import frame_reach
from splicenet.model.network import SpliceNetwork
from splicenet.model.stepwise import StepwiseNetwork
from splicenet.model.walks import LINE, Walk, turned, walk, walk_on

__all__ = ["IncrementalReader", "can_read_increments"]


def can_read_increments(network: SpliceNetwork) -> bool:
    """Whether the network has convolutions to save and at most one recurrent layer.

    Of several recurrent layers the upper ones see, in either direction, the whole sequence.
    """
    config = network.config
    return config.architecture == "conv" or (config.architecture == "hybrid" and config.layers == 1)


class IncrementalReader:
    """Reads references and changes to them.

    Parameters
    ----------
    network
        One that :func:`can_read_increments`, not fused.
    device
        As torch names it.

    Attributes
    ----------
    phase
        The network's.
    reach
        Bases on either side of a change that a reference must hold at least; a multiple of the
        phase.
    margin
        Bases at either end of what :meth:`changed` gives that are not to be used.
    least
        Bases at either end of a reference that cannot be scored.
    spare
        Bases at either end of a reference that :meth:`changed` cannot be asked for.
    """

    def __init__(self, network: SpliceNetwork, device: str = "cpu") -> None:
        config = network.config
        self.phase = config.phase
        self.spare = LINE * self.phase
        fine = config.kernel // 2 * max(config.dilations, default=0)
        coarse = config.coarse_kernel // 2 * max(config.coarse_dilations, default=0)
        beyond = max(fine, config.stride * coarse, self.spare, frame_reach(config.codons))
        self._frames = -(-frame_reach(config.codons) // self.phase) * self.phase
        self.reach = (-(-(config.reach + beyond) // self.phase) + 2) * self.phase
        self.margin = config.kernel - 1
        self.least = self.margin + 2 * self.phase
        self._device = device
        self._network = StepwiseNetwork(network.fused().to(device))

    @torch.inference_mode()
    def reference(
        self,
        codes: np.ndarray,
        first: int,
        last: int,
        beyond: int = 0,
        asked: Iterable[tuple[int, int, int]] | None = None,
    ) -> tuple[np.ndarray, Kept]:
        """Read whole windows.

        Parameters
        ----------
        codes
            (R, L), uint8, ``L`` a multiple of the phase.
        first, last
            The bases to score; :attr:`least` or more from either end, and so far that the ends do
            not show.
        beyond
            Bases on either side of these to which what :meth:`changed` is asked for may reach.
        asked
            Row, first and last of what is wanted of these; all where None.

        Returns
        -------
        probabilities : numpy.ndarray
            (R, 2, last - first): donor, acceptor; float32; what is not asked for means nothing.
        kept : Kept
            For :meth:`changed`.
        """
        network = self._network
        bases = network.bases(self._codes(codes))
        opened = network.opened(bases)
        fine = [network.stem(bases, pad=True).relu_()]
        for block in network.trunk:
            fine += block(fine[-1])
        slow = [network.coarse(fine[-1], opened)]
        for block in network.blocks:
            slow += block(slow[-1])
        ends = (first - self.margin) // self.phase, -(-(last + self.margin) // self.phase)
        walks = self._walks(slow[-1], *ends, -(-beyond // self.phase))
        kept = Kept(bases, opened, fine, slow, walks)
        everything = ((row, first, last) for row in range(len(codes)))
        return decode(self._network, kept, asked or everything, (first, last), self.margin), kept

    def _walks(self, coarse: Tensor, left: int, right: int, beyond: int) -> list[Walk]:
        """Over references, (R, T, C), as far as to the steps from ``left`` to ``right``."""
        if not self._network.cells:
            return []
        steps = self._network.steps(coarse)
        total = steps.shape[1]
        walks = []
        for way, cell in enumerate(self._network.cells):
            approach, end = (total - right, total - left) if way else (left, right)
            far = min(end + beyond + 2, total)  # what is decoded begins and ends with a phase
            walks.append(walk(cell, turned(steps, way).contiguous(), approach, far))
        return walks

    @torch.inference_mode()
    def changed(
        self, kept: Kept, rows: np.ndarray, begins: np.ndarray, codes: np.ndarray, around: int
    ) -> np.ndarray:
        """Read changes to references.

        Parameters
        ----------
        kept
            Of the references.
        rows, begins
            For every change the reference it belongs to, and the base there, a multiple of the
            phase, at which what may differ begins, (B,), int64.
        codes
            Changed bases with ``around`` unchanged ones on either side, (B, L), uint8.
        around
            A multiple of the phase, at least :attr:`margin`.

        Returns
        -------
        numpy.ndarray
            Probabilities of these bases, (B, 2, L): donor, acceptor; float32.
        """
        places = Places(*(torch.from_numpy(x).to(self._device) for x in (rows, begins)))
        new = Patch(self._network.bases(self._codes(codes)), -around)
        width = codes.shape[-1] - 2 * around
        if kept.opened is None:
            return self._read(kept, places, new, width).cpu().numpy()
        # Most changes close no frame and open none: they show in a smaller cone.
        told, differs = self._frames_of(kept, places, new, width)
        found = new.values.new_empty((len(rows), 2, codes.shape[-1]), dtype=torch.float32)
        for those, frames in ((~differs, None), (differs, told)):
            if those.any():
                of = places.some(those), Patch(new.values[those], new.first)
                theirs = None if frames is None else Patch(frames.values[those], frames.first)
                found[those] = self._read(kept, *of, width, theirs)
        return found.cpu().numpy()

    def _frames_of(
        self, kept: Kept, places: Places, new: Patch, width: int
    ) -> tuple[Patch, Tensor]:
        """How far frames are open where a change of this width shows in any; and in whose, (B,)."""
        far = self._frames
        # Between -far and width + far they may differ; as much around is read to tell.
        opened = self._network.opened(places.patched(kept.bases, new, -2 * far, width + 2 * far))
        assert opened is not None and kept.opened is not None
        told = opened[:, far:-far]
        differs = (told != places.cut(kept.opened, -far, width + far)).any(2)  # (B, n)
        shown = differs.any(0).nonzero().flatten().tolist() or [0]
        first, last = shown[0], shown[-1] + 1
        return Patch(told[:, first:last], first - far), differs.any(1)

    def _read(
        self, kept: Kept, places: Places, new: Patch, width: int, frames: Patch | None = None
    ) -> Tensor:
        """Probabilities of changes of one width, (B, 2, L), that differ in frames or do not."""
        network = self._network
        around = -new.first
        edge = around - self.margin  # what the stem sees of the change and its surroundings
        near = new.values[:, edge : new.values.shape[1] - edge]
        patch = Patch(network.stem(near).relu_(), -network.stem.reach)
        for index, block in enumerate(network.trunk):
            patch = patch_block(block, places, kept.fine[2 * index :], patch)
        first, last = -around, width + around
        fine = places.patched(kept.fine[-1], patch, first, last)
        patch = self._coarse(kept, places, patch, frames)
        steps = places.every(network.stride)
        for index, block in enumerate(network.blocks):
            patch = patch_block(block, steps, kept.coarse[2 * index :], patch)
        slow = steps.patched(
            kept.coarse[-1], patch, first // network.stride, last // network.stride
        )
        outputs = []
        if network.cells:
            patch = steps.aligned(kept.coarse[-1], patch, network.recurrent_stride)
            patch = Patch(network.steps(patch.values), patch.first // network.recurrent_stride)
            ends, there = (first // self.phase, last // self.phase), places.every(self.phase)
            for way, cell in enumerate(network.cells):
                outputs.append(walk_on(cell, kept.walks[way], there, patch, ends, way))
        return network.decode(fine, slow, outputs)

    def _coarse(self, kept: Kept, places: Places, patch: Patch, frames: Patch | None) -> Patch:
        """What differs at the first coarse steps, by what differs at every base, or in frames."""
        stride = self._network.stride
        shown = [patch] if frames is None else [patch, frames]
        first = min(one.first for one in shown) // stride * stride
        last = -(-max(one.last for one in shown) // stride) * stride
        if kept.opened is None:
            told = None
        elif frames is None:
            told = places.cut(kept.opened, first, last)
        else:
            told = places.patched(kept.opened, frames, first, last)
        fine = places.patched(kept.fine[-1], patch, first, last)
        return Patch(self._network.coarse(fine, told), first // stride)

    def _codes(self, codes: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(codes)).to(self._device)
