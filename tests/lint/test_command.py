"""The real cfn-lint with the package: from pip, from a folder, in YAML, JSON and SARIF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lint.conftest import CfnLint
from tests.lint.linting import FOLDER, PACKAGE, TEMPLATES
from tests.unit import given

MODEL_RULE = json.loads((given.ROOT / "schema" / "custom-comprehendendpoint.json").read_text())[
    "properties"
]["ModelArn"]["pattern"]
FLYWHEEL = "arn:aws:comprehend:eu-west-1:123456789012:flywheel/reviews"

BAD = [
    ("E9501", "ServiceTimeout", "ServiceTimeout: it must be at most 3600, not 7200. (Typed)"),
    (
        "E9501",
        "EndpointNam",
        "EndpointNam: there is no such property. Did you mean EndpointName? (Typed)",
    ),
    ("E9501", "ModelArn", f'ModelArn: "{FLYWHEEL}" does not match {MODEL_RULE}. (Typed)'),
    (
        "E9501",
        "DesiredInferenceUnits",
        'DesiredInferenceUnits: it must be a whole number, not "two". (Typed)',
    ),
    (
        "E9501",
        "Key",
        "Tags[0].Key: the prefixes aws: and comprehend-endpoint-provider: are reserved "
        '("aws:team"). (Typed)',
    ),
    (
        "E9501",
        "Valeu",
        "Tags[1].Valeu: there is no such property. Did you mean Value? (Typed)",
    ),
    (
        "E9501",
        "Status",
        "Status: it is a return value; read it with Fn::GetAtt and do not set it. (Typed)",
    ),
    (
        "E9501",
        "ClientRequestToken",
        "ClientRequestToken: it is not a property. The provider derives the token from the "
        "stack, the logical id and the request, so that a repeated request never makes a second "
        "endpoint. Remove it. (Typed)",
    ),
    ("E9501", "Properties", "ModelArn: give a ModelArn, a FlywheelArn or both. (Missing)"),
    ("E9502", "Properties", "ServiceToken: it is required. (Missing)"),
    (
        "I9505",
        "Type",
        "Type: AWS::Comprehend::DocumentClassifierEndpoint would do in ap-south-1, eu-central-1, "
        "us-east-1, us-west-2: CloudFormation's own, with drift detection and nothing to "
        "install. (Hasty)",
    ),
    (
        "W9504",
        "ServiceTimeout",
        "ServiceTimeout: 600 seconds are too short for a creation, which takes ten to fifteen "
        "minutes, and up to five more with a new role. Give at least 1200, or leave it out for "
        "3600. (Hasty)",
    ),
    (
        "E9501",
        "not_a_name",
        'EndpointName: "not_a_name" does not match ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$. (Hasty)',
    ),
    ("E9503", "GetAtt", "Arnn: there is no such attribute. Did you mean Arn? (Hasty)"),
    ("E9503", "Sub", "State: there is no such attribute. Did you mean Status? (Hasty)"),
]
"""Of bad.yaml and bad.json: the rule, what stands in the line, the message."""

LEVELS = {"E": "error", "W": "warning", "I": "note"}


def sarif(output: str) -> list[dict[str, Any]]:
    """The results of a run that are ours."""
    (run,) = json.loads(output)["runs"]
    return [result for result in run["results"] if result["ruleId"][1:].startswith("95")]


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_good_template_passes_every_rule(kind: str, cfn_lint: CfnLint) -> None:
    done = cfn_lint(TEMPLATES / f"good.{kind}", "-c", "I", "--append-rules", PACKAGE)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_bad_template_is_told_of_in_sarif_with_rule_level_words_and_line(
    kind: str, cfn_lint: CfnLint
) -> None:
    file = TEMPLATES / f"bad.{kind}"
    done = cfn_lint("-c", "I", "-f", "sarif", "--append-rules", PACKAGE, "--template", file)
    results = sarif(done.stdout)
    lines = file.read_text().splitlines()

    assert done.returncode != 0
    assert sorted((each["ruleId"], each["message"]["text"]) for each in results) == sorted(
        (rule, message) for rule, _, message in BAD
    )
    shown = {message: text for _, text, message in BAD}
    for each in results:
        # SARIF's own default is left out.
        assert each.get("level", "warning") == LEVELS[each["ruleId"][0]]
        (location,) = each["locations"]
        region = location["physicalLocation"]["region"]
        assert shown[each["message"]["text"]] in lines[region["startLine"] - 1]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == str(file)


def test_sarif_describes_each_rule_that_is_broken(cfn_lint: CfnLint) -> None:
    done = cfn_lint(TEMPLATES / "bad.yaml", "-c", "I", "-f", "sarif", "-a", PACKAGE)
    (run,) = json.loads(done.stdout)["runs"]
    ours = {each["id"]: each for each in run["tool"]["driver"]["rules"] if each["id"][1:3] == "95"}

    assert set(ours) == {rule for rule, _, _ in BAD}
    for each in ours.values():
        assert each["shortDescription"]["text"]
        assert each["fullDescription"]["text"]
        assert each["helpUri"].startswith("https://docs.aws.amazon.com/")


def test_folder_and_module_say_the_same(cfn_lint: CfnLint, installed: Path) -> None:
    ways = (PACKAGE, FOLDER, installed / PACKAGE)
    said = [cfn_lint(TEMPLATES / "bad.yaml", "-c", "I", "-a", way).stdout for way in ways]

    assert "E9501" in said[0]
    assert said == [said[0]] * len(ways)


def test_a_template_of_sam_with_loops_is_checked_after_its_transforms(cfn_lint: CfnLint) -> None:
    done = cfn_lint(TEMPLATES / "sam.yaml", "--format", "parseable", "-a", PACKAGE)

    assert [line.split(":", 1)[1] for line in done.stdout.splitlines()] == [
        '20:11:20:32:E9501:DesiredInferenceUnits: it must be a whole number, not "one". '
        "(ReviewsEndpoint)",
        '20:11:20:32:E9501:DesiredInferenceUnits: it must be a whole number, not "one". '
        "(ProductsEndpoint)",
        "30:11:30:19:E9503:EndpointArm: there is no such attribute. Did you mean EndpointArn? "
        "(ReviewsEndpoint)",
    ]


def test_the_rules_are_taken_from_cfnlintrc(cfn_lint: CfnLint, tmp_path: Path) -> None:
    (tmp_path / ".cfnlintrc").write_text(f"append_rules:\n  - {PACKAGE}\n")

    assert "E9503" in cfn_lint(TEMPLATES / "bad.yaml", cwd=tmp_path).stdout


def test_templates_may_follow_the_rules_as_with_pre_commit(cfn_lint: CfnLint) -> None:
    done = cfn_lint(f"--append-rules={PACKAGE}", TEMPLATES / "bad.yaml", TEMPLATES / "good.yaml")

    assert "E9503" in done.stdout


def test_a_rule_is_switched_off_for_one_resource(cfn_lint: CfnLint, tmp_path: Path) -> None:
    written = (TEMPLATES / "bad.yaml").read_text()
    excuse = "    Metadata: {cfn-lint: {config: {ignore_checks: [W9504]}}}\n"
    excused = tmp_path / "excused.yaml"
    excused.write_text(written.replace("  Hasty:\n", f"  Hasty:\n{excuse}"))

    assert "W9504" in cfn_lint(TEMPLATES / "bad.yaml", "-a", PACKAGE).stdout
    assert "W9504" not in cfn_lint(excused, "-a", PACKAGE).stdout
