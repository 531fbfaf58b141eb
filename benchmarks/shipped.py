"""The models that come with splicenet, on the held-out sequence of the species that they know.

Each species as ``splicenet predict`` reads it (the narrowest model that knows it, told which it
is), as the model of all species reads it, told and untold, and as position weights and maximum
entropy do that were trained on all of the species outside of what judges. The same stretches at
equal distances for all, every base of both strands, in ``results/shipped.tsv``; and all that is
held out, as ``predict`` reads it alone, in ``results/shipped_whole.tsv``. Rows are kept; prints the
tables of the README.

    python benchmarks/shipped.py --genomes genomes
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from left_out import WHERE, judged_regions, open_all, shipped_readings, shipped_weights
from rows import fill

from splicenet.evaluation.judge import Judgement, judge_baselines, judge_model
from splicenet.evaluation.reliability import calibration_error_of_all
from splicenet.genome.interval_sets import subtract, thin_out
from splicenet.genome.intervals import Interval
from splicenet.genome.labels import KINDS
from splicenet.genome.species import Species
from splicenet.model.modelfile import ANY
from splicenet.model.shipped import DEFAULT, open_model

_HERE = Path(__file__).parent
_BASELINES = ("position weights", "maximum entropy")
_FIGURES = ("auprc", "top_k", "ece", "ece_by_chance", "threshold", "precision", "promised")


def cases(bases: int | None) -> Iterator[dict[str, Any]]:
    """What is judged, by its weights, and by how many strand-bases of each species.

    Without a number by all, and as ``predict`` reads it alone.
    """
    weights = shipped_weights()
    for reading in shipped_readings():
        species = reading["species"]
        told = [f"{name}:{species}" for name in dict.fromkeys((reading["model"], DEFAULT))]
        methods = told[:1] if bases is None else [*told, f"{DEFAULT}:{ANY}", *_BASELINES]
        for method in methods:
            yield {
                "species": species,
                "method": method,
                "weights": weights.get(method.partition(":")[0], "-"),
                "test_bases": "all" if bases is None else bases,
            }


def judged(
    method: str, species: Species, regions: list[Interval], held: list[Interval]
) -> Judgement:
    """One method on one species; baselines learn from nothing that is held out."""
    if method not in _BASELINES:
        return judge_model(open_model(method), species, regions)
    everything = [Interval(name, 0, length) for name, length in species.genome.lengths.items()]
    rest = [(species, subtract(everything, held))]
    found = judge_baselines(species, regions, trained_on=rest)
    return next(one for one in found if one.method == method)


def figures(judgement: Judgement) -> dict[str, Any]:
    """Columns of a row."""
    metrics = {kind: one for (where, kind), one in judgement.metrics().items() if where == WHERE}
    row: dict[str, Any] = {f"{kind}_sites": metrics[kind].sites for kind in KINDS}
    for name in _FIGURES:
        row |= {f"{kind}_{name}": round(getattr(metrics[kind], name), 4) for kind in KINDS}
    if judgement.method not in _BASELINES:
        for kind in KINDS:
            everything = calibration_error_of_all(judgement.scored[WHERE][kind])
            row[f"{kind}_ece_of_all"] = round(everything, 6)
    return row


def markdown(table: pd.DataFrame, whole: pd.DataFrame, bases: int) -> str:
    """Two tables, a row a species, the best first: AUPRC of every method, then calibration.

    ``whole`` judges all that is held out, ``table`` some ``bases`` of it; donors / acceptors.
    """

    def pair(row: pd.Series[Any], name: str, digits: int = 3) -> str:
        return " / ".join(f"{row[f'{kind}_{name}']:.{digits}f}".lstrip("0") for kind in KINDS)

    lines = [
        f"| | read by | **all** | {bases / 1e6:g} Mb | `universal`, told | `universal:any` "
        "| maximum entropy | position weights |",
        "|---|---|---|---|---|---|---|---|",
    ]
    calibration = [
        "| | sites | top-k | calibration error | by chance | precision promised | kept |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, best in whole.sort_values("donor_auprc", ascending=False).iterrows():
        species, method = best["species"], best["method"]
        rows = table[table["species"] == species].set_index("method")
        others = (method, f"{DEFAULT}:{species}", f"{DEFAULT}:{ANY}", *reversed(_BASELINES))
        cells = [f"**{pair(best, 'auprc')}**", *(pair(rows.loc[one], "auprc") for one in others)]
        name = f"*{species[0].upper()}. {species.partition('_')[2]}*"
        lines.append(f"| {name} | `{method.partition(':')[0]}` | {' | '.join(cells)} |")
        sites = " / ".join(f"{best[f'{kind}_sites']:,}" for kind in KINDS)
        kept = [pair(best, one) for one in ("top_k", "ece", "ece_by_chance")]
        kept += [pair(best, one, 2) for one in ("promised", "precision")]
        calibration.append(f"| {name} | {sites} | {' | '.join(kept)} |")
    return "\n".join([*lines, "", *calibration])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--genomes", type=Path, required=True, help="with samplesheet, splits.bed")
    parser.add_argument("--test-bases", type=int, default=4_000_000, help="of each species")
    parser.add_argument("--results", type=Path, default=_HERE / "results")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    known = open_all(options.genomes)

    def measure(species: str, method: str, weights: str, test_bases: int | str) -> dict[str, Any]:
        one = known[species]
        held = judged_regions(options.genomes, one)
        regions = held if isinstance(test_bases, str) else thin_out(held, test_bases // 2)
        return figures(judged(method, one, regions, held))

    judged_in = {"shipped.tsv": options.test_bases, "shipped_whole.tsv": None}
    tables = []
    for name, bases in judged_in.items():
        wanted = list(cases(bases))
        tables.append(fill(options.results / name, wanted, measure).merge(pd.DataFrame(wanted)))
    print(markdown(*tables, options.test_bases))


if __name__ == "__main__":
    main()
