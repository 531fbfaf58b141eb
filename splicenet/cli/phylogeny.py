"""``splicenet phylogeny``."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from tqdm import tqdm

from splicenet.cli.files import FileCommand
from splicenet.cli.genomes import genomes_argument, open_genomes
from splicenet.cli.options import choose_device, device_options
from splicenet.evaluation.phylogeny import Kinship, kinship
from splicenet.evaluation.trees import Agreement, compare_trees, newick, read_tree
from splicenet.exceptions import OutputError
from splicenet.genome.output import atomic
from splicenet.model.pretrained import is_pretrained, load_pretrained
from splicenet.model.shipped import open_model
from splicenet.report.phylogeny import map_plot, titled, trees_height, trees_plot
from splicenet.report.pictures import canvas

__all__ = ["phylogeny"]


@click.command(cls=FileCommand)
@genomes_argument
@click.option(
    "-m",
    "--model",
    required=True,
    metavar="FILE",
    help="What `splicenet pretrain` wrote; a model that labels splice sites will do, too.",
)
@click.option(
    "-o", "--output", default="phylogeny", show_default=True, metavar="FOLDER", help="For results."
)
@click.option(
    "--windows",
    default=96,
    show_default=True,
    type=click.IntRange(2),
    help="Windows of each genome: as many of a large one as of a small one.",
)
@click.option(
    "--length", default=8192, show_default=True, type=click.IntRange(64), help="Bases in a window."
)
@click.option(
    "--bootstrap",
    default=200,
    show_default=True,
    type=click.IntRange(0),
    help="Times that windows are drawn again, for the support of splits.",
)
@click.option("--tree", metavar="FILE", help="A true tree in Newick format, to compare with.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0), help="Of all that is drawn."
)
@device_options
def phylogeny(
    genomes: tuple[str, ...],
    model: str,
    output: str,
    windows: int,
    length: int,
    bootstrap: int,
    tree: str | None,
    seed: int,
    device: str,
    threads: int | None,
) -> None:
    """Build a tree of genomes from what a pretrained network reads in them.

    The mean hidden states of as many windows of each genome, less those of the same windows with
    their letters shuffled, give distances, and these a neighbour-joining tree; its splits are
    supported by windows drawn again. Beside it stand trees of the states as they are read, and of
    words, which need no network. Genomes are called by their files, or by their folders where files
    have the same name.

    \b
    splicenet phylogeny fly.fa.gz worm.fa.gz yeast.fa cress.fa -m pretrained.splicenet -o out
    splicenet phylogeny */genome.fa.gz -m pretrained.splicenet --tree true.nwk
    """
    if len(genomes) < 3:
        raise click.UsageError("a tree needs three genomes at least")
    place = choose_device(device, threads)
    pretrained = is_pretrained(model)
    network = load_pretrained(model).network if pretrained else open_model(model).network
    species = open_genomes(genomes)
    names = [one.name for one in species]
    truth = None if tree is None else read_tree(tree, names)
    with tqdm(total=len(species), desc="genomes", disable=None) as bar:
        kin = kinship(
            network.to(place),
            species,
            windows=windows,
            length=length,
            bootstrap=bootstrap,
            seed=seed,
            on_genome=lambda name: bar.update(),
        )
    agreements = (
        {}
        if truth is None
        else {name: compare_trees(grown.tree, truth) for name, grown in kin.grown.items()}
    )
    _write(Path(output), kin, agreements)
    for name, grown in kin.grown.items():
        click.echo(f"{name}\t{newick(grown.tree)}")
    for name, agreement in agreements.items():
        click.echo(_said(name, agreement), err=True)


def _write(folder: Path, kin: Kinship, agreements: dict[str, Agreement]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("this folder cannot be made", path=folder) from error
    if not agreements:
        (folder / "agreement.tsv").unlink(missing_ok=True)
    distances = []
    for name, grown in kin.grown.items():
        with atomic(folder / f"{name}.nwk") as file:
            file.write(newick(grown.tree) + "\n")
        distances += [
            {"by": name, "genome": one, "other": other, "distance": grown.distances[i, j]}
            for i, one in enumerate(kin.names)
            for j, other in enumerate(kin.names)
            if i < j
        ]
    places = [
        {"genome": name, "first": point[0], "second": point[1]}
        for name, points in zip(kin.names, kin.places, strict=True)
        for point in points
    ]
    tables = {"distances": distances, "map": places}
    if agreements:
        tables["agreement"] = [{"tree": name, **vars(one)} for name, one in agreements.items()]
    for name, rows in tables.items():
        with atomic(folder / f"{name}.tsv") as file:
            pd.DataFrame(rows).to_csv(file, sep="\t", index=False)
    trees = titled(kin)
    with canvas(folder / "trees.png", width=12, height=trees_height(kin.names, trees)) as figure:
        trees_plot(figure, trees)
    with canvas(folder / "map.png", width=8, height=5) as figure:
        map_plot(figure, kin.names, kin.places)


def _said(name: str, agreement: Agreement) -> str:
    return (
        f"{name}: {agreement.found} of the {agreement.true_splits} splits of the true tree, "
        f"Robinson-Foulds distance {agreement.robinson_foulds}, "
        f"{agreement.quartet_share:.0%} of {agreement.quartets:,} quartets alike"
    )
