from __future__ import annotations

from splicenet.model.modelfile import load_model


def test_a_few_genes(cli, trained, fly_files, tmp_path):
    output = tmp_path / "mine.splicenet"
    files = ("-f", fly_files.fasta, "-a", fly_files.annotation, "-o", output)
    held_out = ("--holdout", f"{fly_files.contig}:1,000,001-1,050,000")
    done = cli("adapt", *files, *held_out, "-m", trained, "--genes", "8", "--steps", "4")
    assert done.code == 0
    assert "stretches to learn from" in done.err
    assert "held out, both strands" in done.err
    parent, mine = load_model(trained), load_model(output)
    assert mine.scale == parent.scale
    assert mine.record["ancestors"]


def test_reads_and_nothing(cli, trained, read_files, tmp_path):
    files = ("-f", read_files.fasta, "-m", trained, "--steps", "2")
    reads = cli("adapt", *files, "-b", read_files.bam, "-o", tmp_path / "reads.splicenet")
    assert reads.code == 0
    bare = cli("adapt", *files, "-o", tmp_path / "bare.splicenet")
    assert "--self-train alone" in bare.err
    assert bare.code == 2


def test_its_own_introns(cli, trained, fly_files, tmp_path, monkeypatch):
    unread = ("--holdout", f"{fly_files.contig}:1-900,000")
    files = ("-f", fly_files.fasta, "-m", trained, "--self-train", "--steps", "2", *unread)
    done = cli("adapt", *files, "--rounds", "1", "-o", tmp_path / "mine.splicenet")
    assert done.code == 0, done.err
    assert "round 1 of 1" in done.err and "introns to learn from" in done.err
    record = load_model(tmp_path / "mine.splicenet").record
    assert len(record["ancestors"]) == 1
    (data,) = record["data"].values()
    assert [fly_files.contig, 0, 900_000] in data["held_out"] and not record["metrics"]
    some = cli("adapt", *files, "--genes", "30", "-o", tmp_path / "none.splicenet")
    assert some.code == 2 and "leave out --self-train" in some.err
    monkeypatch.setattr("splicenet.training.self_training._LIKELY", 1.0)
    unsure = cli("adapt", *files, "-o", tmp_path / "none.splicenet")
    assert unsure.code == 2 and "annotate some genes" in unsure.sentence
    assert {path.name for path in tmp_path.iterdir()} == {"mine.splicenet", "mine.metrics.tsv"}
