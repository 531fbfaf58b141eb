"""All sites by one method, chunk by chunk, so that a killed run can go on."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args
from zipfile import BadZipFile

import numpy as np

from splicenet.attribution.gradient import gradient
from splicenet.attribution.integrated import integrated_gradients
from splicenet.attribution.mutagenesis import mutagenesis
from splicenet.attribution.references import Reference
from splicenet.attribution.smoothgrad import smoothgrad
from splicenet.attribution.target import BATCH_TOKENS, Attribution
from splicenet.attribution.windows import SiteWindows
from splicenet.exceptions import OutputError
from splicenet.genome.output import atomic
from splicenet.model.network import SpliceNetwork
from splicenet.model.targets import Target

__all__ = [
    "METHODS",
    "Explaining",
    "MethodName",
    "explain_codes",
    "explain_sites",
    "explain_windows",
]

MethodName = Literal["ig", "gradient", "ism", "smoothgrad"]
METHODS: tuple[MethodName, ...] = get_args(MethodName)

_PATHS = 64
"""Of integrated gradients, between two files: as many as fill batches."""


@dataclass(frozen=True)
class Explaining:
    """How sites are explained; see the methods for what the settings mean.

    ``target`` is what is explained at every site, of a network that is
    :func:`~splicenet.model.targets.asked` for it; without it the log-odds of its own kind.
    """

    method: MethodName = "ig"
    target: Target | None = None
    reference: Reference = "shuffled"
    shuffles: int = 4
    steps: int = 10
    tolerance: float = 0.01
    seed: int = 0
    batch_tokens: int = BATCH_TOKENS

    def kinds(self, windows: SiteWindows) -> np.ndarray:
        """Classes explained, (N,)."""
        if self.target is None:
            return windows.kinds
        return np.full(len(windows), self.target.answer, dtype=np.int64)


def explain_codes(
    network: SpliceNetwork, codes: np.ndarray, kinds: np.ndarray, centre: int, settings: Explaining
) -> Attribution:
    """Explain the log-odds of ``kinds``, (N,), at ``centre`` of ``codes``, (N, L)."""
    of, tokens = (network, codes, kinds), settings.batch_tokens
    steps, seed = settings.steps, settings.seed
    if settings.method == "gradient":
        return gradient(*of, centre=centre, batch_tokens=tokens)
    if settings.method == "ism":
        return mutagenesis(*of, centre=centre, batch_tokens=tokens)
    if settings.method == "smoothgrad":
        return smoothgrad(*of, centre=centre, steps=steps, seed=seed, batch_tokens=tokens)
    return integrated_gradients(
        *of,
        centre=centre,
        reference=settings.reference,
        shuffles=settings.shuffles,
        steps=steps,
        tolerance=settings.tolerance,
        seed=seed,
        batch_tokens=tokens,
    )


def explain_windows(
    network: SpliceNetwork, windows: SiteWindows, settings: Explaining
) -> Attribution:
    """Explain some windows at once."""
    kinds = settings.kinds(windows)
    return explain_codes(network, windows.codes, kinds, windows.centre, settings)


def explain_sites(
    network: SpliceNetwork,
    windows: SiteWindows,
    settings: Explaining,
    *,
    folder: Path,
    resume: bool = False,
    progress: Callable[[int], object] = lambda sites: None,
) -> Attribution:
    """Explain all windows.

    Parameters
    ----------
    network
        On any device and in any mode; left as it is.
    windows
        At least one.
    settings
        How.
    folder
        Where finished chunks are kept; it is made, and for the caller to remove once the results
        are safe.
    resume
        Take the chunks that an earlier run left there.
    progress
        Told the number of sites after each chunk.

    Raises
    ------
    OutputError
        If the chunks to go on with come from another run, or one cannot be written.
    """
    _prepare(folder, _fingerprint(network, windows, settings), resume)
    parts, size = [], _chunk(settings)
    for first in range(0, len(windows), size):
        path = folder / f"{first:08d}.npz"
        part = _load(path)
        if part is None:
            part = explain_windows(network, windows[first : first + size], settings)
            with atomic(path, mode="wb") as out:
                np.savez(out, *part)
        parts.append(part)
        progress(len(part.score))
    return Attribution.joined(parts)


def _chunk(settings: Explaining) -> int:
    """Sites between two files; the same for whatever has the same fingerprint."""
    if settings.method == "ig":
        return max(1, _PATHS // settings.shuffles)
    return 4 if settings.method == "ism" else 16


def _fingerprint(network: SpliceNetwork, windows: SiteWindows, settings: Explaining) -> str:
    """What must be alike for chunks to belong together."""
    weights = 0
    for value in network.state_dict().values():
        weights = zlib.crc32(np.ascontiguousarray(value.cpu().numpy()).tobytes(), weights)
    chosen = {name: value for name, value in asdict(settings).items() if name != "batch_tokens"}
    sites = zlib.crc32(str(list(windows.sites)).encode())
    codes = zlib.crc32(np.ascontiguousarray(windows.codes).tobytes())
    return json.dumps([chosen, weights, sites, codes])


def _prepare(folder: Path, fingerprint: str, resume: bool) -> None:
    mark = folder / "run"
    if resume and mark.exists():
        if mark.read_text(encoding="utf-8", errors="replace") != fingerprint:
            message = "was made with other settings, sites or weights; use those, or no --resume"
            raise OutputError(message, path=folder)
        return
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as cause:
        message = f"cannot be made a folder ({cause.strerror})"
        raise OutputError(message, path=folder) from cause
    with atomic(mark) as out:
        out.write(fingerprint)


def _load(path: Path) -> Attribution | None:
    """A chunk, if there is a whole one."""
    try:
        with np.load(path) as file:
            return Attribution(*(file[f"arr_{index}"] for index in range(4)))
    except (OSError, KeyError, ValueError, EOFError, BadZipFile):
        return None
