"""What an explanation costs, and whether it shows what is known.

``methods``: CPU seconds of one thread and memory of every method, on sites of the fly's chromosome.
``species``: annotated sites of held-out regions through the whole command, which gets all further
arguments, how well the motifs by saliency agree with those counted, and what ``--check`` finds.

    python benchmarks/explain.py methods
    python benchmarks/explain.py species --genomes FOLDER --output pages --check
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from rows import fill

from splicenet.attribution.choose import choose_sites
from splicenet.attribution.explain import Explaining, explain_windows
from splicenet.attribution.integrated import SMALL
from splicenet.attribution.windows import SiteWindows
from splicenet.genome.intervals import Interval, Site, Transcript
from splicenet.genome.regions import read_regions
from splicenet.genome.samplesheet import read_samplesheet
from splicenet.genome.sequence import Genome, open_genome
from splicenet.genome.species import open_annotation
from splicenet.model.shipped import open_model

_HERE = Path(__file__).parent
FLY = _HERE.parent / "data/drosophila_melanogaster_chr4"
_RESULTS = _HERE / "results"

METHODS = {
    "ig, one reference, 20 steps": Explaining(shuffles=1, steps=20, tolerance=np.inf),
    "ig, one reference, 20 steps, then 1 %": Explaining(shuffles=1, steps=20),
    "ig, as by default": Explaining(),
    "gradient": Explaining("gradient"),
    "smoothgrad, 20 copies": Explaining("smoothgrad", steps=20),
    "ism": Explaining("ism"),
}


def annotated(transcripts: Sequence[Transcript], regions: Sequence[Interval]) -> Iterator[Site]:
    """Ends of annotated introns in the regions."""
    for one in transcripts:
        for intron in one.introns:
            before, behind = intron.start - 1, intron.end
            donor, acceptor = (before, behind) if one.strand == "+" else (behind, before)
            if any(r.contig == one.contig and r.start <= before < r.end for r in regions):
                yield Site(one.contig, donor, one.strand, "donor", 1.0)
                yield Site(one.contig, acceptor, one.strand, "acceptor", 1.0)


def fly_sites(genome: Genome, most: int) -> list[Site]:
    """So many annotated sites, drawn at random."""
    transcripts = open_annotation(FLY / "annotation.gtf.gz", genome).transcripts
    whole = [Interval(contig, 0, length, "+") for contig, length in genome.lengths.items()]
    return choose_sites(annotated(transcripts, whole), genome.lengths, most=most)


def write_sites(path: Path, sites: Sequence[Site]) -> None:
    with open(path, "w") as out:
        for site in sites:
            at = f"{site.contig}\t{site.position}\t{site.position + 1}"
            out.write(f"{at}\t{site.kind}\t1000\t{site.strand}\n")


def measure_method(method: str, sites: int, model: str, context: int) -> dict[str, Any]:
    """In a process of its own, for its peak memory."""
    command = [sys.executable, __file__, "one", "--method", method, "--sites", str(sites)]
    command += ["--model", model, "--context", str(context)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, memory, exact = map(float, told.split())
    return {
        "CPU seconds a site": round(seconds / sites, 3),
        "MB": round(memory),
        "sites that add up to 1 %": exact,
    }


def one_method(method: str, sites: int, model: str, context: int) -> None:
    """Explain, and print CPU seconds, megabytes, and the share of sites whose scores add up."""
    torch.set_num_threads(1)
    network = open_model(model).network
    with open_genome(FLY / "genome.fa.gz") as genome:
        chosen = fly_sites(genome, sites)
        windows = SiteWindows.around(chosen, genome.fetch, length=2 * context)
    began = time.process_time()
    found = explain_windows(network, windows, METHODS[method])
    seconds = time.process_time() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    error = found.delta / np.maximum(np.abs(found.score - found.reference), SMALL)
    print(seconds, memory, (error < 0.01).mean() if np.isfinite(error).all() else np.nan)


def measure_species(
    species: str,
    model: str,
    sites: int,
    context: int,
    *,
    given: Path,
    output: Path,
    more: Sequence[str],
) -> dict[str, Any]:
    """Explain annotated sites by the command; its pages stand in folders by species."""
    row = next(row for row in read_samplesheet(given / "samplesheet.csv") if row.species == species)
    folder = output / species
    folder.mkdir(parents=True, exist_ok=True)
    with open_genome(row.fasta) as genome:
        splits = pd.read_csv(given / "splits.bed", sep="\t")
        here = [name for name in splits["#contig"] if name in genome.lengths]
        test = splits[splits["#contig"].isin(here) & (splits["use"] == "test")]
        test.iloc[:, :3].to_csv(folder / "test.bed", sep="\t", index=False, header=False)
        regions = read_regions(str(folder / "test.bed"), genome)
        transcripts = open_annotation(row.annotation, genome).transcripts
        chosen = choose_sites(annotated(transcripts, regions), genome.lengths, most=sites)
    write_sites(folder / "sites.bed", chosen)
    command = [sys.executable, "-m", "splicenet", "explain", str(row.fasta), "-m", model]
    command += ["--sites", str(folder / "sites.bed"), "-o", str(folder), "--threads", "1"]
    command += ["--max-sites", str(sites), "--context", str(context)]
    command += ["-a", str(row.annotation), "--resume"]
    subprocess.run([*command, *more], check=True)
    motifs = pd.read_csv(folder / "site_motifs.tsv", sep="\t").set_index("kind")
    checks = json.loads((folder / "run.json").read_text())["checks"]
    return {
        f"{kind} {column}": round(float(motifs.loc[kind, column]), 3)
        for kind in motifs.index
        for column in ("correlation", "information_correlation", "information")
    } | {name: figure if figure is None else round(figure, 3) for name, figure in checks.items()}


def main() -> None:
    """Measure what is asked for and not yet in the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["methods", "species", "one"])
    parser.add_argument("--method")
    parser.add_argument("--sites", type=int, default=16)
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--model", default="universal")
    parser.add_argument("--genomes", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--species", nargs="*", default=["arabidopsis_thaliana"])
    args, more = parser.parse_known_args()
    if args.what == "one":
        one_method(args.method, args.sites, args.model, args.context)
        return
    if args.what == "methods":
        common = {"sites": args.sites, "model": args.model, "context": args.context}
        cases = [{"method": method, **common} for method in METHODS]
        table = fill(_RESULTS / "explain_methods.tsv", cases, measure_method)
    else:
        common = {"model": args.model, "sites": args.sites, "context": args.context}
        cases = [{"species": name, **common} for name in args.species]

        def measure(**case: Any) -> Any:
            return measure_species(**case, given=args.genomes, output=args.output, more=more)

        table = fill(args.output / "explain_species.tsv", cases, measure)
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
