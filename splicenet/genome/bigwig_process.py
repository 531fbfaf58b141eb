"""The process that writes bigWig files; run as a script by :mod:`splicenet.genome.bigwig`.

pyBigWig brings its interpreter down when it cannot write, on a full disk for example. Here it
takes only this process with it, and whoever started it can say what happened.

Standard input holds one line of JSON, ``{"paths": [...], "contigs": [[name, length], ...]}``, and
then records, little-endian: three int32 (path, contig, count), ``count`` uint32 positions (0-based)
and ``count`` float32 values.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import BinaryIO

import numpy as np
import pyBigWig

__all__ = ["HEAD", "main"]

HEAD = struct.Struct("<3i")


def main(source: BinaryIO) -> int:
    """Write the files; 0 where all of them are complete."""
    job = json.loads(source.readline())
    contigs = [(name, length) for name, length in job["contigs"]]
    tracks = [pyBigWig.open(path, "w") for path in job["paths"]]
    written = [0] * len(tracks)
    for track in tracks:
        track.addHeader(contigs)
    while head := source.read(HEAD.size):
        index, contig, count = HEAD.unpack(head)
        positions = np.frombuffer(source.read(4 * count), dtype="<u4").astype(np.int64)
        values = np.frombuffer(source.read(4 * count), dtype="<f4")
        tracks[index].addEntries(contigs[contig][0], positions, values=values, span=1)
        written[index] += count
    for track in tracks:
        track.close()
    # pyBigWig only prints when closing fails, so what it wrote is counted again.
    return int(list(map(_covered, job["paths"])) != written)


def _covered(path: str) -> int:
    with pyBigWig.open(path) as track:
        return track.header()["nBasesCovered"]


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer))
