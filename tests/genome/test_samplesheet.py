from __future__ import annotations

import pytest

from splicenet.exceptions import SamplesheetError
from splicenet.genome.samplesheet import Row, group_species, read_samplesheet


@pytest.fixture
def sheet(tmp_path):
    for name in ("a.fa", "b.fa", "a.gtf", "b.bam"):
        (tmp_path / name).touch()

    def sheet(text: str):
        path = tmp_path / "sheet.csv"
        path.write_bytes(text.encode())
        return path

    return sheet


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("between", [",", "\t"])
def test_reads_what_it_says(sheet, end, between):
    text = end.join(
        [
            "# made by hand",
            "fasta,Species,note,annotation,bam",
            'a.fa,first,"of, course",a.gtf,',
            "",
            "b.fa,second,,,b.bam",
            "",
        ]
    )
    path = sheet(text.replace(",", between) if between == "\t" else text)
    folder = path.parent
    note = f"of{between} course"
    assert read_samplesheet(path) == [
        Row("first", folder / "a.fa", folder / "a.gtf", None, {"note": note}),
        Row("second", folder / "b.fa", None, folder / "b.bam", {"note": ""}),
    ]


def test_other_columns_are_kept_with_their_files_found(sheet):
    path = sheet("species,fasta,mutation,Has-gene\nx,a.fa,a.gtf:b.bam,gene\n")
    (row,) = read_samplesheet(path)
    assert row.others["Has-gene"] == "gene"
    path = sheet("species,fasta,phylop\nx,a.fa,a.gtf\n")
    (row,) = read_samplesheet(path)
    assert row.others == {"phylop": str(path.parent / "a.gtf")}


def test_a_short_row_has_empty_cells(sheet):
    (row,) = read_samplesheet(sheet("species,fasta,annotation,phylop\nx,a.fa\n"))
    assert row.annotation is None
    assert row.others == {"phylop": ""}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", None, "empty"),
        ("# nothing\n", None, "empty"),
        ("species,fasta\n", None, "no species"),
        ("name,fasta\nx,a.fa\n", 1, "species"),
        ("species,annotation\nx,a.gtf\n", 1, "fasta"),
        ("species,fasta\nx,gone.fa\n", 2, "gone.fa does not exist"),
        ("species,fasta,annotation\nx,a.fa,gone.gtf\n", 2, "annotation gone.gtf does not exist"),
        ("species,fasta\n,a.fa\n", 2, "needs a species"),
        ("species,fasta\nx\n", 2, "needs a species and a fasta"),
        ("fasta,species\na.fa\n", 2, "needs a species and a fasta"),
        ("species,fasta\nx,a.fa\n\nx,b.fa\n", 4, "x comes twice"),
    ],
)
def test_mistakes_are_named_with_their_line(sheet, text, line, message):
    with pytest.raises(SamplesheetError, match=message) as caught:
        read_samplesheet(sheet(text))
    assert caught.value.line == line


def test_missing_sheet(tmp_path):
    with pytest.raises(SamplesheetError, match="no such file"):
        read_samplesheet(tmp_path / "sheet.csv")


def rows(**clades: str) -> list[Row]:
    return [Row(name, f"{name}.fa", None, None, {"clade": clade}) for name, clade in clades.items()]


def test_species_are_grouped_by_a_column():
    some = rows(fly="animals", cress="plants", worm="animals")
    assert group_species(some, None, path="s") == {one: [one] for one in ("fly", "cress", "worm")}
    assert group_species(some, "clade", path="s") == {
        "animals": ["fly", "worm"],
        "plants": ["cress"],
    }


@pytest.mark.parametrize(
    ("some", "by", "sentence"),
    [
        (rows(fly="animals"), None, "one species cannot be left out"),
        (rows(fly="animals", worm="animals"), "clade", "all species have the same clade"),
        (rows(fly="animals", worm=""), "clade", "worm has nothing in a column clade"),
        (rows(fly="animals", cress="plants"), "planet", "there is no column planet"),
    ],
)
def test_species_that_cannot_be_parted(some, by, sentence):
    with pytest.raises(SamplesheetError, match=sentence):
        group_species(some, by, path="s")
