"""What a release says of itself: versions, licence, the repository's metadata, the locks."""

from __future__ import annotations

import re
import tomllib

import pytest

import provider
from tests.template.application import ROOT, written

LISTING = written()["Metadata"]["AWS::ServerlessRepo::Application"]
LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.txt")}


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock file, by package; of several for several Pythons, the last."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock, re.MULTILINE))


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    rules = tomllib.loads((ROOT / "lint" / "pyproject.toml").read_text())["project"]
    (newest, *_) = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)

    assert LISTING["SemanticVersion"] == project["version"] == newest == provider.__version__
    assert rules["version"] == project["version"]


def test_the_licence_is_apache_2_0_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    licence = (ROOT / LISTING["LicenseUrl"]).read_text()

    assert LISTING["SpdxLicenseId"] == project["license"] == "Apache-2.0"
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


class TestListing:
    """The limits of the Serverless Application Repository."""

    def test_the_name_has_the_form_that_it_takes(self) -> None:
        assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", LISTING["Name"])

    def test_the_author_has_the_form_that_it_takes(self) -> None:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", LISTING["Author"])
        assert len(LISTING["Author"]) <= 127

    def test_the_description_fits(self) -> None:
        assert 1 <= len(LISTING["Description"]) <= 256

    def test_the_labels_fit(self) -> None:
        assert len(LISTING["Labels"]) <= 10
        for label in LISTING["Labels"]:
            assert re.fullmatch(r"[a-zA-Z0-9+_:/@.-]{1,127}", label)

    def test_the_version_is_semantic(self) -> None:
        assert re.fullmatch(r"\d+\.\d+\.\d+", LISTING["SemanticVersion"])

    @pytest.mark.parametrize("key", ["LicenseUrl", "ReadmeUrl"])
    def test_the_files_are_there_and_not_too_large(self, key: str) -> None:
        assert 0 < (ROOT / LISTING[key]).stat().st_size <= 5_000_000

    def test_it_contains_no_intrinsic_function(self) -> None:
        for value in LISTING.values():
            assert isinstance(value, str | list)

    def test_the_readme_shows_the_default_parameter(self) -> None:
        parameter = written()["Parameters"]["ServiceTokenParameterName"]["Default"]

        assert parameter in (ROOT / LISTING["ReadmeUrl"]).read_text()


class TestLocks:
    @pytest.mark.parametrize("name", LOCKS)
    def test_every_package_has_a_hash(self, name: str) -> None:
        entries = re.split(r"\n(?=[a-z0-9])", LOCKS[name])
        packages = [entry for entry in entries if not entry.startswith("#")]

        assert len(packages) == len(re.findall(r"^[a-z0-9-]+==", LOCKS[name], re.MULTILINE))
        assert all("--hash=sha256:" in entry for entry in packages)

    @pytest.mark.parametrize("name", LOCKS)
    def test_nothing_tells_where_it_was_written(self, name: str) -> None:
        assert not re.findall(r"index-url|find-links|://|file:|^#.*/", LOCKS[name], re.MULTILINE)

    def test_every_list_of_packages_has_one(self) -> None:
        lists = {path.stem for path in (ROOT / "requirements").glob("*.in")}

        assert set(LOCKS) == lists >= {"runtime", "dev", "scan"}

    def test_the_artifact_and_the_environment_hold_the_same_versions(self) -> None:
        assert pins(LOCKS["runtime"]).items() <= pins(LOCKS["dev"]).items()

    def test_the_artifact_gets_what_the_functions_import_and_no_sdk(self) -> None:
        runtime = pins(LOCKS["runtime"])

        assert runtime["crhelper"] == "2.0.12"
        assert {"aws-lambda-powertools", "fastjsonschema"} <= set(runtime)
        assert {"boto3", "botocore"}.isdisjoint(runtime)

    def test_the_build_finds_the_runtimes_lock_beside_the_code(self) -> None:
        assert (ROOT / "src" / "requirements.txt").read_text() == LOCKS["runtime"]
