"""How large the functions' artifact is."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

from bench.goals import Goal
from local.markdown import table

LARGEST = 1_000_000
"""Bytes of the archive."""


@dataclass(frozen=True)
class Artifact:
    """A function's folder: its files, their bytes, and those of a zip archive of them."""

    files: int
    unzipped: int
    zipped: int
    bytecode: int
    """Bytes, of those that are unzipped."""


def measure(folder: Path) -> Artifact:
    """Counts a folder, and zips it as `sam package` does: each file deflated."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in files:
            target.write(path, path.relative_to(folder))
    sizes = {path: path.stat().st_size for path in files}
    return Artifact(
        len(files),
        sum(sizes.values()),
        len(archive.getvalue()),
        sum(size for path, size in sizes.items() if path.suffix == ".pyc"),
    )


def figures(artifact: Artifact) -> str:
    headings = ("Bytes zipped", "Bytes unzipped", "of which bytecode", "Files")
    sizes = (artifact.zipped, artifact.unzipped, artifact.bytecode, artifact.files)
    return table(headings, [[f"{size:,}" for size in sizes]])


def goals(artifact: Artifact) -> list[Goal]:
    return [
        Goal(
            "Artifact, zipped",
            f"<= {LARGEST:,} bytes",
            f"{artifact.zipped:,} bytes",
            artifact.zipped <= LARGEST,
        )
    ]
