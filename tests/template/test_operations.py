"""The documents for installers and operators cover every alarm and every parameter."""

from __future__ import annotations

import re

import pytest

from tests.template.application import ROOT, resources, written

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
ROLLOUT = (ROOT / "docs" / "rollout.md").read_text()
ALARMS = sorted(resources("AWS::CloudWatch::Alarm"))


def sections(text: str) -> dict[str, str]:
    """The text under each heading, by heading."""
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("alarm", ALARMS)
def test_an_alarm_is_documented_with_meaning_stake_first_action_and_end(
    alarm: str,
) -> None:
    section = sections(OPERATIONS)[alarm]

    for question in ("**Meaning**", "**At stake**", "**First**", "**Over**"):
        assert question.lower() in section.lower(), question


def test_every_documented_alarm_exists_and_is_documented_once() -> None:
    told = [name for name in sections(OPERATIONS) if name.endswith("Alarm")]

    assert sorted(told) == ALARMS
    assert "| FallbackAlarm |" not in (ROOT / "docs" / "troubleshooting.md").read_text()


@pytest.mark.parametrize("parameter", written()["Parameters"])
def test_a_parameter_is_in_the_table_with_its_default(parameter: str) -> None:
    (row,) = (line for line in ROLLOUT.splitlines() if re.match(rf"\|.*`{parameter}`.*\|", line))
    default = str(written()["Parameters"][parameter]["Default"])

    assert (f"`{default}`" if default else "none") in row


def test_every_output_that_the_pages_name_is_there() -> None:
    named = set(re.findall(r"output `(\w+)`", OPERATIONS + ROLLOUT))

    assert len(named) >= 5
    assert named <= written()["Outputs"].keys()
