"""What browsers and genome browsers make of an explanation; skipped without Chromium.

igv.js (npm's package ``igv``) is looked for where the environment variable ``IGV_JS`` says.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IGV = os.environ.get("IGV_JS")
TRACKS = [f"{kind}.{strand}" for kind in ("donor", "acceptor") for strand in ("plus", "minus")]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

MEASURE = """<script>
const drawn = [...document.querySelectorAll("svg[role=img]")].map(one => one.getBBox());
document.body.dataset.found = JSON.stringify({
  drawings: drawn.length,
  empty: drawn.filter(box => box.width < 10 || box.height < 10).length,
  wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  loaded: performance.getEntriesByType("resource").length,
});
</script>"""

SUMS = """<!doctype html><meta charset="utf-8"><body><div id="here"></div><script>%s</script>
<script>
(async () => {
  const browser = await igv.createBrowser(document.getElementById("here"), %s);
  const sums = {};
  for (const {track} of browser.trackViews) if (track.type === "wig") {
    const bases = await track.getFeatures("fly", 0, 4000, 0.1);
    sums[track.name] = bases.map(base => [base.start, base.end, base.value]);
  }
  document.body.dataset.found = JSON.stringify(sums);
})().catch(error => { document.body.dataset.error = String(error); });
</script>"""


@pytest.fixture
def browse(tmp_path):
    """``browse(text, width)`` opens a page off line: what its script found, and a picture."""

    def browse(text: str, width: int):
        page, picture = tmp_path / "page.html", tmp_path / "page.png"
        page.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"),
                *(f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},1600"),
                *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=30000"),
                *(f"--screenshot={picture}", "--dump-dom", page.as_uri()),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=500,
            check=True,
        )
        found = re.search(r'data-(found|error)="([^"]*)"', done.stdout.decode())
        assert found is not None
        assert found[1] == "found", found[2]
        return json.loads(html.unescape(found[2])), imread(picture)[..., :3]

    return browse


@pytest.mark.parametrize("width", [1100, 500])
def test_the_page_is_drawn_without_a_network(explain, browse, stretch, width):
    """Everything has a size, nothing is fetched, and the page is no wider than the window."""
    out = explain("--check", "--method", "gradient", "-a", stretch.folder / "fly.gtf")
    text = (out / "explanation.html").read_text()
    found, picture = browse(text.replace("</body>", f"{MEASURE}</body>"), width)
    assert found == {"drawings": text.count('role="img"'), "empty": 0, "wide": 0, "loaded": 0}
    assert found["drawings"] >= 10
    for colour in ((0.0, 0.447, 0.698), (0.835, 0.369, 0.0)):  # donors, acceptors
        assert (np.abs(picture - colour).max(axis=-1) < 0.06).any()


@pytest.mark.skipif(IGV is None, reason="IGV_JS does not say where igv.min.js is")
def test_igv_reads_the_tracks(explain, browse, stretch):
    """Base by base as in the bedGraph, and in all as the table has it."""
    out = explain("--method", "gradient")
    table = pd.read_csv(out / "sites.tsv", sep="\t")

    def inlined(path: Path) -> str:
        return (
            "data:application/octet-stream;base64," + base64.b64encode(path.read_bytes()).decode()
        )

    options = {
        "reference": {"id": "f", "fastaURL": inlined(stretch.folder / "fly.fa"), "indexed": False},
        "loadDefaultGenomes": False,
        "locus": "fly:1-2000",
        "tracks": [
            {"type": "wig", "format": "bigwig", "name": name, "url": inlined(out / f"{name}.bw")}
            for name in TRACKS
        ],
    }
    script = Path(IGV).read_text(encoding="utf-8").replace("</script", "<\\/script")
    found, _ = browse(SUMS % (script, json.dumps(options)), 1100)
    assert list(found) == TRACKS
    for name, bases in found.items():
        kind, strand = name.split(".")
        here = (table["kind"] == kind) & (table["strand"] == {"plus": "+", "minus": "-"}[strand])
        total = sum((end - start) * value for start, end, value in bases)
        assert total == pytest.approx(table.loc[here, "in_track"].sum(), abs=1e-4)
        with gzip.open(out / f"{name}.bedgraph.gz", "rt") as file:
            lines = [[float(cell) for cell in line.split()[1:]] for line in file]
        shape = (len(lines), 3)
        np.testing.assert_allclose(
            np.reshape(bases, shape), np.reshape(lines, shape), rtol=1e-5, atol=1e-7
        )
