"""Writes the bill of materials of the artifact, as CycloneDX: the same bytes each time."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.lifecycle import LifecyclePhase, PredefinedLifecycle
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "runtime.txt"
# What src/build_artifact.py installs from, of the Python that runs both.
WHEELS = Path(sys.prefix) / "provider-wheels"
NAME = "comprehend-endpoint-provider"
LICENCE = "Apache-2.0"
# What packages call their licence where they do not use its SPDX identifier.
IDENTIFIERS = {"Apache2": "Apache-2.0"}


def bill(artifact: Path, lock: Path = LOCK) -> str:
    """Gives the bill of materials of a built artifact, as JSON.

    Raises ValueError where a package in it was not installed from a wheel that the lock names.
    """
    packages = {normal(each.name): each for each in distributions(path=[str(artifact)])}
    components = {name: _package(packages[name], lock) for name in sorted(packages)}
    application = _application(artifact)
    bom = Bom(
        components=components.values(),
        metadata=BomMetaData(
            component=application,
            lifecycles=[PredefinedLifecycle(LifecyclePhase.BUILD)],
            tools=ToolRepository(components=[this_component()]),
        ),
    )
    for name, component in components.items():
        needed = [components[each] for each in _needs(packages[name]) if each in components]
        bom.register_dependency(component, needed)
    direct = [each for each in components.values() if _is_direct(each, lock)]
    bom.register_dependency(application, direct)
    # Both would differ each time: the time is left out, and the number follows from the contents.
    bom.metadata.timestamp = None  # type: ignore[assignment]
    bom.serial_number = uuid.UUID(int=0)
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, _written(bom))
    return _written(bom)


def _written(bom: Bom) -> str:
    content = json.loads(JsonV1Dot6(bom).output_as_string())
    return json.dumps(content, indent=2, sort_keys=True) + "\n"


def _application(artifact: Path) -> Component:
    code = (artifact / "provider" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.*)"$', code, re.MULTILINE)
    if found is None:
        raise ValueError(f"{artifact} does not say which version it is")
    return Component(
        type=ComponentType.APPLICATION,
        name=NAME,
        version=found[1],
        bom_ref=f"{NAME}@{found[1]}",
        purl=PackageURL("generic", name=NAME, version=found[1]),
        licenses=[LicenseFactory().make_with_id(LICENCE)],
    )


def _package(package: Distribution, lock: Path) -> Component:
    name, version = normal(package.name), package.version
    wheel = _wheel(package)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if f"--hash=sha256:{digest}" not in _locked(lock, name, version):
        raise ValueError(f"{wheel.name} is not what {lock.name} names as {name} {version}")
    purl = PackageURL("pypi", name=name, version=version)
    return Component(
        name=name,
        version=version,
        description=str(package.metadata.json.get("summary", "")),
        bom_ref=str(purl),
        purl=purl,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest)],
        licenses=[LicenseFactory().make_from_string(_licence(package))],
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(f"https://pypi.org/project/{name}/{version}/"),
            )
        ],
    )


def _wheel(package: Distribution) -> Path:
    for file in WHEELS.glob("*.whl"):
        name, version, *_ = file.name.split("-")
        if (normal(name), version) == (normal(package.name), package.version):
            return file
    raise ValueError(f"there is no wheel of {package.name} {package.version} in {WHEELS}")


def _locked(lock: Path, name: str, version: str) -> str:
    """What the lock says of a package: its line, and those below it that are further in."""
    pin = re.escape(f"{name}=={version}")
    found = re.search(rf"^{pin} .*\n(?: .*\n)*", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return found[0] if found else ""


def _is_direct(component: Component, lock: Path) -> bool:
    """Whether the functions need a package themselves, and not only for another one."""
    return f"-r {lock.stem}.in" in _locked(lock, component.name, str(component.version))


def _licence(package: Distribution) -> str:
    found = package.metadata.json
    said = str(found.get("license_expression") or found.get("license") or "")
    return IDENTIFIERS.get(said, said)


def _needs(package: Distribution) -> Iterator[str]:
    """The packages that a package always needs; those of its extras are left out."""
    for requirement in package.requires or []:
        if "extra ==" not in requirement:
            yield normal(re.split(r"[^\w.-]", requirement)[0])


def normal(name: str) -> str:
    """A package's name as indexes and lock files write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main() -> None:
    """Writes the bill of materials of a folder that sam build has filled."""
    parser = argparse.ArgumentParser(prog="python -m tools.sbom", description=__doc__)
    parser.add_argument("artifact", type=Path, help=".aws-sam/build/RequestFunction")
    parser.add_argument("bill", type=Path, help="the file to write")
    given = parser.parse_args()
    given.bill.parent.mkdir(parents=True, exist_ok=True)
    given.bill.write_text(bill(given.artifact), encoding="utf-8")
    print(given.bill)


if __name__ == "__main__":
    main()
