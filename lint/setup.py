"""Puts the provider's own checks into the package, so that there is one source of them."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "cfn_lint_comprehend_endpoint"
SOURCES = {
    "_provider/__init__.py": "src/provider/__init__.py",
    # cfn-lint looks for rules in every file of a folder but those that begin so.
    "_provider/_errors.py": "src/provider/errors.py",
    "_provider/_request.py": "src/provider/request.py",
    "_provider/_properties.py": "src/provider/properties.py",
    # Not through the symbolic link beside the code, which not every system has.
    "_provider/schema.json": "schema/custom-comprehendendpoint.json",
    "LICENSE": "LICENSE",
}


class BuildWithProvider(build_py):  # type: ignore[misc]  # setuptools ships no types.
    """Copies the modules into a package of ours: nobody else may have one of its name."""

    def run(self) -> None:
        """Build as usual, then add the copies."""
        super().run()
        if self.editable_mode:
            return  # They are found in the clone.
        for name, source in SOURCES.items():
            target = Path(self.build_lib) / PACKAGE / name
            target.parent.mkdir(exist_ok=True)
            text = (ROOT / source).read_text(encoding="utf-8")
            if name.endswith(".py"):
                text = text.replace("from provider.", f"from {PACKAGE}._provider._")
            target.write_text(text, encoding="utf-8")


setup(cmdclass={"build_py": BuildWithProvider})
