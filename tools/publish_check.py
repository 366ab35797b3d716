"""Does everything that publishing would do, short of the upload: `make publish-check`.

The application is built and packaged into the embedded AWS. What `sam publish` would send is made
by sam's own code and checked against the repository's API; what the repository is known to refuse,
and what it is not known to accept, is in repository.yaml.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import yaml
from botocore.validate import ParamValidator
from samcli.vendor.serverlessrepo import publish_application
from samcli.vendor.serverlessrepo.exceptions import ServerlessRepoError

from local.installation import SamError, build
from local.launcher import EmbeddedAws, LauncherError
from tools.packaging import Packaged, artifacts, expand, make

KNOWN: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("repository.yaml").read_text())

MAX_FILE = 5_000_000
"""Bytes of readme and licence. API reference, CreateApplication: 5 MB."""

MAX_TEMPLATE = 1_000_000
"""Bytes; CloudFormation takes 1 MB of a template in S3 (User Guide, "Quotas")."""

# API reference, CreateApplication.
_FORMS = {
    "Name": r"[a-zA-Z0-9-]{1,140}",
    "Author": r"(?=.{1,127}$)[a-z0-9]+(-[a-z0-9]+)*",
    "Description": r"[\s\S]{1,256}",
    "SemanticVersion": r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?",
    "SpdxLicenseId": r"[A-Za-z0-9.+-]+",
    "LicenseUrl": r"\S+",
    "ReadmeUrl": r"\S+",
}
_OPTIONAL = {"HomePageUrl": r"https?://\S+", "SourceCodeUrl": r"https?://\S+"}
_VERSIONS = {
    "pyproject.toml": r'^version = "([^"]+)"',
    "lint/pyproject.toml": r'^version = "([^"]+)"',
    # The newest release.
    "CHANGELOG.md": r"^## \[(\d[^\]]*)\]",
    "src/provider/__init__.py": r'^__version__ = "([^"]+)"',
}
_LABEL = r"[a-zA-Z0-9+\-_:/@.]{1,127}"

Problems = Iterator[str]


def metadata(app: Packaged) -> Problems:
    """Say what is wrong with what the repository shows, by the API's limits."""
    for key, form in (_FORMS | _OPTIONAL).items():
        value = app.listing.get(key)
        if value is None and key in _OPTIONAL:
            continue
        if not isinstance(value, str):
            yield f"{key}: it must be a text, without an intrinsic function, not {value!r}"
        elif not re.fullmatch(form, value):
            yield f"{key}: {value!r} does not have the form {form}"
    labels = app.listing.get("Labels", [])
    if not isinstance(labels, list) or len(labels) > 10:
        yield f"Labels: a list of at most 10, not {labels!r}"
    else:
        yield from (
            f"Labels: {label!r} does not have the form {_LABEL}"
            for label in labels
            if not re.fullmatch(_LABEL, str(label))
        )
    known = {*_FORMS, *_OPTIONAL, "Labels"}
    yield from (f"{key}: there is no such key" for key in app.listing if key not in known)


def files(app: Packaged) -> Problems:
    """Say what is wrong with readme and licence: they must be in S3, and not too large."""
    for key in ("ReadmeUrl", "LicenseUrl"):
        content = app.content(app.listing.get(key))
        if content is None:
            yield f"{key}: it was not packaged ({app.listing.get(key)})"
        elif not 0 < len(content) <= MAX_FILE:
            yield f"{key}: it has {len(content)} bytes, and may have 1 to {MAX_FILE}"


def versions(app: Packaged) -> Problems:
    """Say where the version differs from the template's."""
    version = app.listing.get("SemanticVersion")
    for file, pattern in _VERSIONS.items():
        found = re.search(pattern, (app.project / file).read_text(), re.MULTILINE)
        other = found[1] if found else None
        if other != version:
            yield f"{file}: {other}, where the template says {version}"


def uploads(app: Packaged) -> Problems:
    """Say which code or definitions of the packaged template are not in S3."""
    for name, place in artifacts(app.template):
        if app.content(place) is None:
            yield f"{name}: it was not packaged ({place})"


def accepted(app: Packaged) -> Problems:
    """Say which types and properties the repository is not known to accept."""
    if app.template.get("Transform") != KNOWN["transform"]:
        yield f"Transform: {app.template.get('Transform')}, and only {KNOWN['transform']} is known"
    properties = KNOWN["properties"]
    for section, given in app.template.get("Globals", {}).items():
        known = properties.get(f"AWS::Serverless::{section}", {})
        yield from (f"Globals.{section}.{key}: not known" for key in given if key not in known)
    for name, resource in app.template["Resources"].items():
        kind = resource["Type"]
        if kind not in KNOWN["types"]:
            yield f"{name}: the type {kind} is not known"
        elif kind.startswith("AWS::Serverless::"):
            yield from (
                f"{name}.{key}: not known of {kind}"
                for key in resource.get("Properties", {})
                if key not in properties[kind]
            )


def capabilities(app: Packaged) -> Problems:
    """Say what needs more than CAPABILITY_IAM to install, in the template or added by SAM."""
    asked: dict[str, str] = {}
    for template in (app.template, expand(app.template)):
        for name, resource in template["Resources"].items():
            kind, given = resource["Type"], resource.get("Properties", {})
            if kind in KNOWN["capabilities"]:
                asked[name] = f"{kind} asks for {KNOWN['capabilities'][kind]}"
            elif kind.startswith("AWS::IAM::") and any(key.endswith("Name") for key in given):
                asked[name] = "its name asks for CAPABILITY_NAMED_IAM"
    yield from (f"{name}: {why}" for name, why in asked.items())


def permissions(app: Packaged) -> Problems:
    """Say which permissions are so broad that the repository refuses to publish them."""
    broad = KNOWN["too_broad"]
    for name, resource in expand(app.template)["Resources"].items():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        text = str(resource)
        yield from (
            f"{name}: it has the managed policy {policy}"
            for policy in broad["managed_policies"]
            if policy in text
        )
        for statement in _statements(resource):
            actions = set(_list(statement.get("Action"))) & set(broad["actions_on_everything"])
            if actions and "*" in _list(statement.get("Resource")):
                yield f"{name}: it allows {', '.join(sorted(actions))} on everything"


def _statements(node: Any) -> Iterator[dict[str, Any]]:
    """Give every statement of a policy in a resource, those under a condition too."""
    match node:
        case {"Effect": _, "Action": _}:
            yield node
        case dict():
            for value in node.values():
                yield from _statements(value)
        case list():
            for value in node:
                yield from _statements(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class _Repository:
    """Takes the place of the repository's client: checks what it is sent, and keeps it."""

    def __init__(self) -> None:
        model = botocore.session.get_session().get_service_model("serverlessrepo")
        self._shape = model.shape_for("CreateApplicationRequest")
        self.request: dict[str, Any] = {}
        self.report = ""

    def create_application(self, **request: Any) -> dict[str, str]:
        self.request = request
        self.report = str(ParamValidator().validate(request, self._shape).generate_report())
        return {"ApplicationId": f"arn:aws:serverlessrepo:::applications/{request.get('Name')}"}


def request(app: Packaged) -> Problems:
    """Say what is wrong with the call that `sam publish` would make."""
    repository = _Repository()
    try:
        publish_application(app.template, sar_client=repository)
    except ServerlessRepoError as error:
        yield str(error)
        return
    yield from repository.report.splitlines()
    size = len(repository.request["TemplateBody"].encode())
    if size > MAX_TEMPLATE:
        yield f"the template has {size} bytes, and may have {MAX_TEMPLATE}"


CHECKS: dict[str, Callable[[Packaged], Problems]] = {
    "what the repository shows": metadata,
    "readme and licence": files,
    "one version everywhere": versions,
    "code and definitions are packaged": uploads,
    "types and properties are known to be accepted": accepted,
    "CAPABILITY_IAM is enough": capabilities,
    "no permission is too broad": permissions,
    "what sam publish would send": request,
}


def report(app: Packaged) -> bool:
    """Print each check with its result; say whether all checks passed."""
    well = True
    for title, check in CHECKS.items():
        problems = list(check(app))
        well = well and not problems
        print(f"{'problem' if problems else 'ok':8} {title}")
        for problem in problems:
            print(f"{'':9}{problem}")
    return well


def main() -> int:
    """Give the process's exit code: 0 where the application could be published as it is."""
    try:
        with EmbeddedAws() as aws:
            built = build(aws.directory / "package", aws.process_environment())
            app = make(aws, "publish-check", built)
            print(f"{'ok':8} sam build and sam package")
            return 0 if report(app) else 1
    except (SamError, LauncherError) as error:
        print(f"{'problem':8} sam build and sam package\n{error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
