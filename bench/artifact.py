"""How large the functions' artifact is, beside a minimal function's."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.goals import Goal
from bench.start.folders import minimal
from local.markdown import table

LARGEST = 1_000_000
"""Bytes of the archive."""


@dataclass(frozen=True)
class Artifact:
    """A function's folder: its files, their bytes, and those of a zip archive of them."""

    title: str
    files: int
    unzipped: int
    zipped: int
    bytecode: int
    """Bytes, of those that are unzipped."""


def measured(title: str, folder: Path) -> Artifact:
    """Counts a folder, and zips it as `sam package` does: each file deflated."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            target.write(path, path.relative_to(folder))
    sizes = {path: path.stat().st_size for path in files}
    return Artifact(
        title,
        len(files),
        sum(sizes.values()),
        len(archive.getvalue()),
        sum(size for path, size in sizes.items() if path.suffix == ".pyc"),
    )


def measure(artifact: Path) -> list[Artifact]:
    """The provider's, as sam built it, and a minimal one's."""
    with tempfile.TemporaryDirectory(prefix="bench-artifact-") as folder:
        return [
            measured("this provider", artifact),
            measured("a minimal crhelper function", minimal(Path(folder, "minimal"))),
        ]


def figures(artifacts: Sequence[Artifact]) -> str:
    headings = ("Artifact of", "Bytes zipped", "Bytes unzipped", "of which bytecode", "Files")
    rows = [
        (
            each.title,
            *(f"{size:,}" for size in (each.zipped, each.unzipped, each.bytecode, each.files)),
        )
        for each in artifacts
    ]
    return table(headings, rows, headings[:1])


def goals(artifacts: Sequence[Artifact]) -> list[Goal]:
    ours = artifacts[0]
    return [
        Goal(
            "Artifact, zipped",
            f"<= {LARGEST:,} bytes",
            f"{ours.zipped:,} bytes",
            ours.zipped <= LARGEST,
        )
    ]
