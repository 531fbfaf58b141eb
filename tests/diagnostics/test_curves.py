from __future__ import annotations

import pytest

from splicenet.diagnostics.curves import mean_precision, read_metrics
from splicenet.exceptions import TrainingError

HEAD = "step\tloss\tgradient_norm\tauprc_donor\tauprc_acceptor\n"


def test_rows_and_missing_values(tmp_path):
    path = tmp_path / "run.metrics.tsv"
    path.write_text(HEAD + "10\t2.5\t30\t0.2\t0.4\n20\t1.5\tinf\t\t0.6\n30\t1.5\t20\t\t\n")
    table = read_metrics(path)
    assert table["gradient_norm"].tolist() == [30, float("inf"), 20]
    assert mean_precision(table)[:2] == pytest.approx([0.3, 0.6])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        (b"", "cannot be read"),
        (b"step\tloss\n1\t2\n", "is not the .metrics.tsv"),
        (HEAD.encode() + b"1\tx\t1\t1\t1\n", "is not the .metrics.tsv"),
        (HEAD.encode(), "no evaluation yet"),
        (b"\xff\xfe\x00\x01" * 20, "cannot be read"),
    ],
)
def test_what_is_no_course_is_refused(tmp_path, content, message):
    path = tmp_path / "run.metrics.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TrainingError, match=message) as refusal:
        read_metrics(path)
    assert str(path) in str(refusal.value)
