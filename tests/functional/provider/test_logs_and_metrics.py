"""What an operation logs and measures."""

import json
from typing import Any

import pytest

from local.comprehend import Admin
from testing.events import Json
from testing.one_resource import BROKEN, NAMED, OneResource


def lines(cfn: OneResource) -> list[Json]:
    return [json.loads(line) for line in cfn.account.functions.log.getvalue().splitlines()]


def metrics(cfn: OneResource, name: str) -> list[dict[str, Any]]:
    """The dimensions of each value of a metric, with the value as `value` and its unit."""
    found = []
    for line in lines(cfn):
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                if metric["Name"] == name:
                    assert directive["Namespace"] == "ComprehendEndpointProvider"
                    (value,) = line[name] if isinstance(line[name], list) else [line[name]]
                    names = directive["Dimensions"][0]
                    dimensions = {each: line[each] for each in names if each != "service"}
                    found.append(dimensions | {"value": value, "unit": metric["Unit"]})
    return found


def test_every_line_names_its_request(cfn: OneResource, admin: Admin) -> None:
    admin.add_fault("CreateEndpoint", code="TooManyRequestsException", status=429, times=2)
    cfn.create(NAMED).succeeded()
    cfn.update({**NAMED, "DesiredInferenceUnits": "2"}).succeeded()
    cfn.delete().succeeded()
    logged = [line for line in lines(cfn) if "_aws" not in line]
    assert {line["operation"] for line in logged} == {"Create", "Update", "Delete"}
    for line in logged:
        assert line["stack"] == cfn.stack_id
        assert line["logical_id"] == cfn.logical_id
        assert line["request"].startswith("aaaaaaaa-")
        assert line["level"] in ("DEBUG", "INFO", "WARNING")
        assert line["message"]


def test_polls_are_logged_for_debugging_only(
    cfn: OneResource, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin.change_settings(create_seconds=120)
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    cfn.create(NAMED).succeeded()
    assert len([line for line in lines(cfn) if line.get("level") == "INFO"]) < 12


@pytest.mark.parametrize(
    ("properties", "code", "outcome", "failures"),
    [
        pytest.param(NAMED, None, "Success", [], id="success"),
        pytest.param({**NAMED, "Unknown": "x"}, None, "UserError", [], id="invalid properties"),
        pytest.param(NAMED, "ResourceNotFoundException", "UserError", [], id="missing model"),
        pytest.param(BROKEN, None, "UserError", [], id="broken model"),
        pytest.param(
            NAMED, "SomethingOfTomorrow", "UserError", [], id="a request that is not understood"
        ),
        pytest.param(
            NAMED, "AccessDeniedException", "ProviderError", ["ProviderError"], id="no permission"
        ),
    ],
)
def test_an_operation_is_counted_once_by_kind_and_outcome(
    cfn: OneResource,
    admin: Admin,
    properties: Json,
    code: str | None,
    outcome: str,
    failures: list[str],
) -> None:
    if code is not None:
        admin.add_fault("CreateEndpoint", code=code)
    event = cfn.event("Create", properties)
    done = cfn.run(event)
    # A duplicate is not counted.
    cfn.account.run(cfn.send(event))
    assert metrics(cfn, "Operations") == [
        {"operation": "Create", "outcome": outcome, "value": 1, "unit": "Count"}
    ]
    assert [each["kind"] for each in metrics(cfn, "Failures")] == failures
    (duration,) = metrics(cfn, "Duration")
    assert duration["unit"] == "Seconds"
    assert duration["value"] == pytest.approx(done.seconds, abs=1)


def test_api_errors_are_counted_by_call_and_code(cfn: OneResource, admin: Admin) -> None:
    admin.add_fault("CreateEndpoint", code="ResourceUnavailableException", times=2)
    cfn.create(NAMED).succeeded()
    error = {"api": "CreateEndpoint", "code": "ResourceUnavailableException"}
    assert metrics(cfn, "ApiErrors") == [error | {"value": 1, "unit": "Count"}] * 2


def test_an_error_that_quotes_the_response_url_is_logged_without_it(
    cfn: OneResource, admin: Admin
) -> None:
    """The fixture `account` looks for it in every line."""
    event = cfn.event("Create", NAMED)
    admin.add_fault("CreateEndpoint", code="AccessDeniedException", message=event["ResponseURL"])
    cfn.run(event).failed("AccessDeniedException")
    assert "[ResponseURL]" in cfn.account.functions.log.getvalue()
