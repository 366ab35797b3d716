"""A property that exists in the schema, the field table and the service alone, through its life.

test_added_property.py runs this with a copy of the provider and of the SDK's model of the service,
to both of which it has added `Priority` (an integer) and `Network` (an object).
"""

import json
from typing import Any

from provider.contract.properties import Properties
from provider.contract.validation import parse_properties
from provider.model.diff import settings_diff
from provider.model.endpoint import Endpoint, Status
from provider.model.task import Scope
from testing.account import Account
from testing.arns import TOKEN
from testing.one_resource import CLASSIFIER, DURATIONS, OneResource
from testing.world import environment
from tests.lint.linting import lint, refused, template

NAMED = {**CLASSIFIER, "EndpointName": "mine"}
NETWORK = {"Port": "8443", "Subnets": ["a", "b"]}


def live_a_life() -> None:
    with environment():
        cfn = OneResource(Account(DURATIONS))

        created = cfn.create({**NAMED, "Priority": "3"}).succeeded()
        assert created.parameters("CreateEndpoint")["Priority"] == 3
        assert created.answer["Data"]["Priority"] == "3"

        updated = cfn.update({**NAMED, "Priority": "5"}).succeeded()
        sent = updated.parameters("UpdateEndpoint")
        assert sent == {"EndpointArn": updated.physical_id, "DesiredPriority": 5}
        assert updated.answer["Data"]["Priority"] == "5"

        unchanged = cfn.update({**NAMED, "Priority": "5", "ServiceTimeout": "1800"}).succeeded()
        assert unchanged.changes == []

        rolled_back = cfn.roll_back({**NAMED, "Priority": "3"}).succeeded()
        assert rolled_back.parameters("UpdateEndpoint")["DesiredPriority"] == 3
        assert cfn.endpoint()["Priority"] == 3

        removed = cfn.update(NAMED).succeeded()
        assert removed.changes == []
        assert removed.answer["Data"]["Priority"] == "3"

        refusal = cfn.update({**NAMED, "Priority": "11"}).failed("Priority: ", "at most 10")
        assert refusal.changes == []
        cfn.delete().succeeded()


def check_the_nested_one() -> None:
    def parsed(network: Any) -> Properties:
        found = parse_properties({"ServiceToken": TOKEN, **NAMED, "Network": network}, None)
        assert found.problems == ()
        return found.properties

    old, new = parsed(NETWORK), parsed({**NETWORK, "Port": "443"})
    assert old.settings.get("network") == {"Port": 8443, "Subnets": ["a", "b"]}
    live = Endpoint("arn", Status.IN_SERVICE, settings=old.settings)
    assert not settings_diff(old, old, live, Scope.CHANGED)
    assert settings_diff(new, old, live, Scope.CHANGED).values == {
        "network": {"Port": 443, "Subnets": ["a", "b"]}
    }
    wrong = parse_properties({**NAMED, "Network": {"Port": "many", "Subnet": "a"}}, None).problems
    assert 'Network.Port: it must be a whole number, not "many".' in wrong
    assert "Network.Subnet: there is no such property. Did you mean Subnets?" in wrong


def ask_the_linter() -> None:
    sound: dict[str, Any] = {"ServiceToken": TOKEN, **NAMED, "Priority": 3, "Network": NETWORK}
    assert refused(lint(template(sound))) == []
    found = lint(template({**sound, "Priority": 11, "Network": {"Port": 1, "Prot": 2}}))
    assert sorted(refused(found)) == [
        "Network.Prot: there is no such property. Did you mean Port?",
        "Priority: it must be at most 10, not 11.",
    ]
    unknown = {**sound, "Network": {"Port": {"Ref": "Port"}}}
    parameters = {"Port": {"Type": "Number"}}
    assert refused(lint(template(unknown, Parameters=parameters))) == []
    for attribute, rules in (("Priority", []), ("Priorty", ["E9503"])):
        output = {"Out": {"Value": {"Fn::GetAtt": ["Sentiment", attribute]}}}
        found = lint(template(sound, Outputs=output))
        assert [each.rule for each in found if each.rule.startswith("E")] == rules


if __name__ == "__main__":
    live_a_life()
    check_the_nested_one()
    ask_the_linter()
    print(json.dumps("held"))
