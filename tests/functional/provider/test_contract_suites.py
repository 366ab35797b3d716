"""What other projects' suites ask and no other test here holds; see docs/contract-suites.md."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.comprehend import Admin
from provider.aws.comprehend import CLIENT_CONFIG
from testing.account import Account
from testing.arns import REGION, classifier, endpoint_arn, flywheel, recognizer, role
from testing.events import Json
from testing.one_resource import NAMED, RENAMED, OneResource, tags

PAGE = Path(__file__).parents[3] / "docs" / "contract-suites.md"

FULL: Json = {
    "ServiceTimeout": "900",
    "EndpointName": "mine",
    "ModelArn": classifier(),
    "FlywheelArn": flywheel(),
    "DesiredInferenceUnits": "2",
    "DataAccessRoleArn": role(),
    **tags(team="reviews", empty=""),
}
"""Every property."""
NOT_READ = {"ServiceTimeout", "EndpointName", "Tags"}
"""Properties that DescribeEndpoint does not show under their names."""
DERIVED = {"Arn", "EndpointName", "ScalableDimension"}
"""Attributes that the provider makes of what DescribeEndpoint shows."""


def as_attribute(value: Any) -> str:
    """How Fn::GetAtt gives a value of DescribeEndpoint."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def assert_a_read_agrees(account: Account, asked: Json, answer: Json) -> None:
    """Reads an endpoint as a user of the API does, and compares template and answer with it."""
    client = account.comprehend.make_client("comprehend", REGION, CLIENT_CONFIG)
    arn = answer["PhysicalResourceId"]
    found = client.describe_endpoint(EndpointArn=arn)["EndpointProperties"]
    listed = client.list_tags_for_resource(ResourceArn=arn)["Tags"]

    assert {name: as_attribute(found[name]) for name in asked.keys() - NOT_READ} == {
        name: value for name, value in asked.items() if name not in NOT_READ
    }
    assert arn.endswith(f"/{asked['EndpointName']}")
    assert [tag for tag in asked.get("Tags", []) if tag not in listed] == []

    shown = {name: as_attribute(found.get(name, "")) for name in answer["Data"].keys() - DERIVED}
    assert {name: answer["Data"][name] for name in shown} == shown


@pytest.mark.parametrize("gone_back", [False, True], ids=["forward", "rolled back"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"DesiredInferenceUnits": "3", **tags(team="news")}, id="in place"),
        pytest.param({"EndpointName": "second", "ModelArn": recognizer()}, id="replacement"),
    ],
)
def test_what_a_read_shows_is_what_template_and_answer_say(
    cfn: OneResource, account: Account, change: Json, gone_back: bool
) -> None:
    old = FULL if "ModelArn" not in change else {**NAMED, **tags(team="reviews")}
    new = {**old, **change}
    assert_a_read_agrees(account, old, cfn.create(old).succeeded().answer)
    assert_a_read_agrees(account, new, cfn.update(new).succeeded().answer)
    if gone_back:
        assert_a_read_agrees(account, old, cfn.roll_back(old).succeeded().answer)


@pytest.mark.parametrize("token", ["forgotten", "remembered"])
def test_a_resource_lives_twice_under_one_name_and_each_event_may_come_twice(
    cfn: OneResource, admin: Admin, token: str
) -> None:
    admin.change_settings(token_after_delete=token)
    for life in (1, 2):
        creation = cfn.event("Create", NAMED)
        created = cfn.run(creation).succeeded()
        cfn.account.run(cfn.send(creation))
        assert cfn.statuses() == {"mine": "IN_SERVICE"}
        # An update takes it out of the template. E12: its clean-up may send the Delete again.
        for changes in (["DeleteEndpoint"], []):
            deleted = cfn.clean_up(created.physical_id, NAMED).succeeded()
            assert (deleted.changes, deleted.physical_id) == (changes, created.physical_id)
            assert cfn.statuses() == {}
        cfn.completes()
        assert len(admin.calls("CreateEndpoint")) == life


@pytest.mark.parametrize(
    "physical_id",
    [endpoint_arn("mine"), endpoint_arn("another"), "demo-Sentiment-1ABCDEFGHIJKL"],
    ids=["its ARN", "another ARN", "an invented id"],
)
def test_an_update_of_what_never_was_makes_it_and_its_delete_removes_it(
    cfn: OneResource, physical_id: str
) -> None:
    cfn.comes_to("UPDATE_IN_PROGRESS")
    cfn.physical_id = physical_id
    new = {**NAMED, "DesiredInferenceUnits": "2"}
    updated = cfn.run(cfn.event("Update", new, NAMED)).succeeded()
    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id == endpoint_arn("mine")
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


@pytest.mark.parametrize("new", [NAMED, RENAMED], ids=["in place", "replacement"])
def test_an_update_of_what_is_gone_that_cannot_make_it_again_keeps_its_id_and_says_why(
    cfn: OneResource, admin: Admin, new: Json
) -> None:
    arn = cfn.given(NAMED)
    admin.remove_endpoint(arn)
    missing = {**new, "ModelArn": classifier("missing")}
    failed = cfn.update(missing).failed("ResourceNotFoundException from CreateEndpoint")
    assert failed.physical_id == arn
    assert cfn.statuses() == {}


# ------------------------------------------------------------------ The page

NAMED_TEST = re.compile(r"\[`(test_\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")
VERDICTS = ("Held", "Differs", "Does not apply")


def test_every_test_that_the_page_names_exists() -> None:
    page = PAGE.read_text()
    named = NAMED_TEST.findall(page)
    missing = [
        f"{path}::{name}"
        for name, path in named
        if name
        not in {
            node.name
            for node in ast.walk(ast.parse((PAGE.parents[1] / path).read_text()))
            if isinstance(node, ast.FunctionDef)
        }
    ]
    assert missing == []
    # None is named in a way that this test does not see.
    assert len(named) == len(re.findall(r"`test_\w+`", page))


def test_every_scenario_has_a_verdict_and_what_is_held_a_test() -> None:
    rows = re.findall(r"^\| (?!Scenario |-)(.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert rows
    for row in rows:
        scenario, verdict = (cell.strip() for cell in row.split(" | "))
        assert verdict.startswith(VERDICTS), scenario
        assert not verdict.startswith("Held") or NAMED_TEST.search(verdict), scenario
