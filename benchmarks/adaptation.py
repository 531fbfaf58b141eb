"""Learning curves of a species that a model never saw, by the number of its genes that are known.

Three beginnings are taught the same genes in as many steps, as ``splicenet adapt`` does it: a model
of the other species (*plain*), one that was meta-learned over them (*meta*), and nothing at all
(*scratch*). *Plain* and *meta* share the first part of their training and read as many bases in the
rest: the one learns from all species at once, the other from one after the other, by ``--meta``.
Genes are drawn anew for every draw; the same first bases of what is held out judge all. Writes
``results/adaptation.tsv``, whose rows are kept, and draws ``docs/adaptation.png``.

    python benchmarks/adaptation.py --genomes genomes --species plasmodium_falciparum
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import torch
from left_out import NETWORKS, accuracy, judged_regions, open_all, recorded, trained
from rows import fill

from splicenet.genome.interval_sets import shorten
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import load_model
from splicenet.model.network import NetworkConfig
from splicenet.training.loci import choose_loci, find_loci, locus_parts
from splicenet.training.run import train_model
from splicenet.training.settings import TrainingSettings

_HERE = Path(__file__).parent
_STARTS = ("plain", "meta", "scratch")
_STYLES = {"plain": ("#0072b2", "o"), "meta": ("#d55e00", "s"), "scratch": ("#009e73", "^")}
_TITLES = {
    "plain": "model of the other species",
    "meta": "meta-learned over the other species",
    "scratch": "from scratch",
}


def cases(genes: Sequence[int], draws: int, **same: Any) -> Iterator[dict[str, Any]]:
    """The models as they are, then draw by draw, then from scratch: what is cut short is of use."""
    for start in ("plain", "meta"):
        yield {"start": start, "genes": 0, "draw": 0, **same}
    for starts in (("plain", "meta"), ("scratch",)):
        for draw in range(1, draws + 1):
            for number in genes:
                for start in starts:
                    yield {"start": start, "genes": number, "draw": draw, **same}


def adapted(
    start: Path | None,
    species: Species,
    *,
    held_out: Sequence[Interval],
    genes: int,
    draw: int,
    settings: TrainingSettings,
    config: NetworkConfig,
    output: Path,
) -> dict[str, Any]:
    """Teach a model, or an untrained network, some genes; gives its figures on what is held out."""
    loci = choose_loci(find_loci(species), genes, outside=held_out, seed=draw)
    narrow, parts = locus_parts(species, loci, held_out=held_out, seed=draw)
    model = train_model(
        [narrow],
        output,
        config=config,
        settings=settings,
        parts=parts,
        scale=None if start is None else load_model(start).scale,
        restart=True,
        init=start,
    )
    return recorded(model, species)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over the draws, by start and genes, of the mean of both kinds."""
    both = table.assign(both=table[list(KINDS)].mean(axis=1))
    found = both.groupby(["start", "genes"])["both"].agg(["mean", "std", "count"])
    return found.reset_index()


def markdown(table: pd.DataFrame) -> str:
    """A row a number of genes, a column a start."""
    found = summary(table).set_index(["genes", "start"])
    starts = [start for start in _STARTS if start in set(table["start"])]
    lines = ["| genes | " + " | ".join(starts) + " |", "|---|" + "---|" * len(starts)]
    for genes in sorted(table["genes"].unique()):
        cells = []
        for start in starts:
            if (genes, start) not in found.index:
                cells.append("-")
                continue
            mean, spread, draws = found.loc[(genes, start)]
            cells.append(f"{mean:.3f}" + (f" ± {spread:.3f}" if draws > 1 else ""))
        lines.append(f"| {genes or 'none'} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def draw_curves(table: pd.DataFrame, path: Path, *, title: str) -> None:
    """AUPRC over the number of genes, a line for each start; what is dashed is not adapted."""
    figure, axes = plt.subplots(figsize=(7.6, 4.6), layout="constrained")
    found = summary(table)
    for start, (colour, marker) in _STYLES.items():
        rows = found[(found["start"] == start) & (found["genes"] > 0)]
        if rows.empty:
            continue
        axes.errorbar(
            rows["genes"],
            rows["mean"],
            yerr=rows["std"].fillna(0),
            color=colour,
            marker=marker,
            capsize=3,
            label=_TITLES[start],
        )
        for level in found.loc[(found["start"] == start) & (found["genes"] == 0), "mean"]:
            axes.axhline(
                level,
                color=colour,
                linestyle="--",
                linewidth=1,
                label=f"{_TITLES[start]}, not adapted",
            )
    axes.set(xscale="log", xlabel="genes known", ylabel="AUPRC, mean of donors and acceptors")
    ticks = sorted(found.loc[found["genes"] > 0, "genes"].unique())
    axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_ylim(bottom=0)
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def beginnings(options: argparse.Namespace) -> dict[str, Path | None]:
    """The models to begin from, trained if they are not there."""
    folder = options.folder
    made = f"{options.network}.{options.base_steps}.{options.rest_steps}"
    paths = {name: folder / f"{name}.{made}.splicenet" for name in ("shared", "plain", "meta")}
    if not all(path.exists() for path in paths.values()):
        known = open_all(options.genomes)
        others = [one for name, one in known.items() if name != options.species]
        settings = partial(
            TrainingSettings,
            length=2048,
            evaluations=2,
            validation_bases=options.validation_bases,
            test_bases=1 << 16,
        )
        config = NETWORKS[options.network]
        make = partial(trained, species=others, folder=options.genomes, config=config)
        make(paths["shared"], settings=settings(steps=options.base_steps))
        rest = partial(
            settings, steps=options.rest_steps, warmup_steps=max(1, options.rest_steps // 10)
        )
        for name, chosen in (
            ("plain", rest(learning_rate=options.plain_rate)),
            ("meta", rest(learning_rate=options.rate, meta=options.meta)),
        ):
            make(paths[name], settings=chosen, init=paths["shared"])
    return {"plain": paths["plain"], "meta": paths["meta"], "scratch": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--species", default="plasmodium_falciparum", help="left out")
    parser.add_argument("--network", choices=list(NETWORKS), default="default")
    parser.add_argument("--genes", type=int, nargs="+", default=[5, 10, 30, 100])
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300, help="of an adaptation")
    parser.add_argument("--rate", type=float, default=1e-3, help="of an adaptation")
    parser.add_argument("--scratch-rate", type=float, default=5e-3)
    parser.add_argument("--base-steps", type=int, default=1600, help="shared by plain and meta")
    parser.add_argument("--rest-steps", type=int, default=800, help="of each by itself")
    parser.add_argument("--plain-rate", type=float, default=2.5e-3, help="of plain by itself")
    parser.add_argument("--meta", type=int, default=5, help="steps on one species")
    parser.add_argument("--test-bases", type=int, default=500_000)
    parser.add_argument("--validation-bases", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("benchmark-data/adaptation"))
    parser.add_argument("--output", type=Path, default=_HERE / "results/adaptation.tsv")
    parser.add_argument("--chart", type=Path, default=_HERE.parent / "docs/adaptation.png")
    options = parser.parse_args()
    torch.set_num_threads(1)
    starts = beginnings(options)
    one = open_all(options.genomes, [options.species])[options.species]
    regions = judged_regions(options.genomes, one)

    same = {"species": options.species, "network": options.network, "steps": options.steps}

    def measure(
        start: str, genes: int, draw: int, species: str, network: str, steps: int
    ) -> dict[str, Any]:
        before = time.process_time()
        beginning = starts[start]
        if genes == 0:
            assert beginning is not None
            found = accuracy(load_model(beginning), one, shorten(regions, options.test_bases // 2))
            found["best_step"] = 0
        else:
            found = adapted(
                beginning,
                one,
                held_out=regions,
                genes=genes,
                draw=draw,
                settings=TrainingSettings(
                    steps=steps,
                    length=4096,
                    batch_tokens=8192,
                    genes=0.9,
                    learning_rate=options.scratch_rate if beginning is None else options.rate,
                    warmup_steps=max(1, steps // 10),
                    evaluations=3,
                    validation_bases=30_000,
                    test_bases=options.test_bases,
                    seed=draw,
                ),
                config=NETWORKS[options.network],
                output=options.folder / "adapted.splicenet",
            )
        return found | {"cpu_seconds": round(time.process_time() - before)}

    table = fill(
        options.output,
        cases(options.genes, options.draws, **same),
        measure,
    )
    table = table[(table[list(same)] == list(same.values())).all(axis=1)]
    draw_curves(table, options.chart, title=options.species.replace("_", " "))
    print(markdown(table))


if __name__ == "__main__":
    main()
