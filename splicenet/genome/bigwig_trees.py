"""The two trees of a bigWig: contigs by name, blocks of data by region.

Positions are 0-based half-open.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

__all__ = ["Block", "contig_tree", "region_tree"]

_CONTIG_MAGIC, _REGION_MAGIC = 0x78CA8C91, 0x2468ACE0
_CONTIG_HEADER = struct.Struct("<IIIIQQ")
_REGION_HEADER = struct.Struct("<IIQIIIIQII")
_NODE = struct.Struct("<BBH")
_REGION_LEAF = struct.Struct("<IIIIQQ")
_REGION_PARENT = struct.Struct("<IIIIQ")
_FANOUT = 256


class Block(NamedTuple):
    """Compressed data: the first and last ``(contig index, position)`` and where it stands."""

    start: tuple[int, int]
    end: tuple[int, int]
    offset: int
    size: int


def contig_tree(contigs: Sequence[tuple[str, int]], offset: int) -> bytes:
    """Pack names, indices and lengths of contigs into a tree that begins at byte ``offset``."""
    names = [name.encode() for name, _ in contigs]
    width = max(map(len, names), default=1)
    leaves = sorted(
        (name.ljust(width, b"\0"), index, length)
        for index, (name, (_, length)) in enumerate(zip(names, contigs, strict=True))
    )
    header = _CONTIG_HEADER.pack(_CONTIG_MAGIC, _FANOUT, width, 8, len(leaves), 0)
    return header + _pack_tree(
        leaves,
        offset + len(header),
        join=lambda nodes: nodes[0],
        pack_leaf=lambda leaf: leaf[0] + struct.pack("<II", *leaf[1:]),
        pack_parent=lambda node, child: node[0] + struct.pack("<Q", child),
    )


def region_tree(blocks: Sequence[Block], offset: int) -> bytes:
    """Pack where sorted blocks stand into a tree that begins at byte ``offset``."""
    whole = _span(blocks) if blocks else Block((0, 0), (0, 0), 0, 0)
    header = _REGION_HEADER.pack(
        _REGION_MAGIC, _FANOUT, len(blocks), *whole.start, *whole.end, offset, 1, 0
    )
    return header + _pack_tree(
        blocks,
        offset + len(header),
        join=_span,
        pack_leaf=lambda block: _REGION_LEAF.pack(*block.start, *block.end, *block[2:]),
        pack_parent=lambda node, child: _REGION_PARENT.pack(*node.start, *node.end, child),
    )


def _span(blocks: Sequence[Block]) -> Block:
    return Block(blocks[0].start, max(block.end for block in blocks), 0, 0)


def _pack_tree(
    leaves: Sequence[Any],
    offset: int,
    *,
    join: Callable[[Sequence[Any]], Any],
    pack_leaf: Callable[[Any], bytes],
    pack_parent: Callable[[Any, int], bytes],
) -> bytes:
    """Pack a tree, root first; ``join`` makes the parent's entry for a node of entries."""
    levels = [_nodes(leaves)]
    while len(levels[-1]) > 1:
        levels.append(_nodes([join(node) for node in levels[-1]]))
    packed = b""
    for height in reversed(range(1, len(levels))):
        nodes, children = levels[height], levels[height - 1]
        width = len(pack_parent(nodes[0][0], 0))
        position = offset + len(packed) + _size(nodes, width)
        child_width = width if height > 1 else len(pack_leaf(leaves[0]))
        offsets = iter(position + _size(children[:i], child_width) for i in range(len(children)))
        for node in nodes:
            rows = [pack_parent(entry, next(offsets)) for entry in node]
            packed += _NODE.pack(0, 0, len(node)) + b"".join(rows)
    for node in levels[0]:
        packed += _NODE.pack(1, 0, len(node)) + b"".join(map(pack_leaf, node))
    return packed


def _size(nodes: Sequence[Sequence[Any]], width: int) -> int:
    return sum(_NODE.size + width * len(node) for node in nodes)


def _nodes(entries: Sequence[Any]) -> list[Sequence[Any]]:
    return [entries[i : i + _FANOUT] for i in range(0, len(entries), _FANOUT)] or [entries]
