"""All scenarios: every operation, and every way in which it is rolled back.

The rollbacks follow from the operations (E2, E6, E8, E10): each update is played once to its good
end and once more with a sibling that fails after it; where it replaced the endpoint, once for
each way in which CloudFormation may go back.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

from testing.arns import classifier, flywheel, recognizer, role
from testing.cloudformation import Carried
from testing.events import DeletionPolicy, Json
from tests.campaign.scenario import (
    BASE,
    BROKEN,
    FOREIGN,
    TIMEOUT,
    Meanwhile,
    Option,
    Scenario,
    There,
    made_by,
)


def _with(**properties: object) -> Json:
    return {name: value for name, value in {**BASE, **properties}.items() if value is not None}


GENERATED = _with(EndpointName=None)
TAGS = [{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "1"}]
OTHER_TAGS = [{"Key": "team", "Value": "b"}, {"Key": "stage", "Value": "x"}]
FLYWHEEL = _with(ModelArn=None, FlywheelArn=flywheel(), EndpointName=None)
BOTH = _with(FlywheelArn=flywheel())

_CREATES = {
    "explicit name": BASE,
    "generated name": GENERATED,
    "flywheel": FLYWHEEL,
    "recognizer with role and tags": _with(
        ModelArn=recognizer(), DataAccessRoleArn=role(), Tags=TAGS
    ),
}
_IN_PLACE = {
    "units": (BASE, _with(DesiredInferenceUnits=3)),
    "model": (BASE, _with(ModelArn=classifier("reviews/version/v2"))),
    "flywheel added": (BASE, BOTH),
    "flywheel removed": (BOTH, _with(ModelArn=classifier("reviews/version/v2"))),
    "role added": (BASE, _with(DataAccessRoleArn=role())),
    "role changed": (_with(DataAccessRoleArn=role()), _with(DataAccessRoleArn=role("other"))),
    "tags": (_with(Tags=TAGS), _with(Tags=OTHER_TAGS)),
    "all at once": (
        _with(Tags=TAGS),
        _with(
            DesiredInferenceUnits=2,
            ModelArn=classifier("reviews/version/v2"),
            DataAccessRoleArn=role(),
            Tags=OTHER_TAGS,
        ),
    ),
    "nothing of the endpoint": (BASE, _with(ServiceTimeout=TIMEOUT + 1)),
}
_REPLACEMENTS = {
    "rename": (BASE, _with(EndpointName="other")),
    "rename with tags and units": (
        _with(Tags=TAGS),
        _with(EndpointName="other", Tags=OTHER_TAGS, DesiredInferenceUnits=2),
    ),
    "kind under the same name": (BASE, _with(ModelArn=recognizer())),
    "kind with a generated name": (GENERATED, {**GENERATED, "ModelArn": recognizer()}),
    "flywheel of another kind": (
        FLYWHEEL,
        {**FLYWHEEL, "FlywheelArn": flywheel("recognizer-flywheel")},
    ),
    "role removed": ({**GENERATED, "DataAccessRoleArn": role()}, GENERATED),
    "name removed": (BASE, GENERATED),
    "name given": (GENERATED, BASE),
}


@cache
def scenarios() -> dict[str, Scenario]:
    """All that every group plays, by name."""
    found = (*_adoptions(), *_met(), *_options())
    return _plain() | {each.name: each for each in found}


@cache
def _plain() -> dict[str, Scenario]:
    """Those that find nothing at the name that they go to."""
    return {each.name: each for each in (*_creates(), *_updates(), *_deletes())}


def _creates() -> Iterator[Scenario]:
    for what, properties in _CREATES.items():
        create = Scenario(f"create, {what}", None, properties)
        yield create
        yield replace(create, name=f"{create.name}, sibling fails", sibling_fails=True, first=1)
        if "name" in what:
            added = replace(create, name=f"addition, {what}", added=True)
            yield added
            yield replace(added, name=f"{added.name}, rolled back", sibling_fails=True, first=1)
    yield Scenario("create that fails", None, _with(ModelArn=BROKEN), fails=True)
    yield Scenario("create over somebody else's", None, _with(EndpointName=FOREIGN), fails=True)


def _updates() -> Iterator[Scenario]:
    for what, (before, after) in _IN_PLACE.items():
        update = Scenario(f"update of {what}", before, after)
        yield update
        yield replace(update, name=f"{update.name}, rolled back", sibling_fails=True, first=1)
    for what, (before, after) in _REPLACEMENTS.items():
        update = Scenario(f"replacement by {what}", before, after)
        yield update
        for carried in Carried:
            name = f"{update.name}, rolled back with {carried}"
            yield replace(update, name=name, sibling_fails=True, carried=carried, first=1)
    broken = _with(ModelArn=BROKEN, DesiredInferenceUnits=2)
    yield Scenario("update that fails", BASE, broken, fails=True)
    yield Scenario("replacement that fails", BASE, {**broken, "EndpointName": "other"}, fails=True)
    taken = _with(EndpointName=FOREIGN)
    yield Scenario("replacement by somebody else's name", BASE, taken, fails=True)
    units = _with(DesiredInferenceUnits=3)
    yield Scenario("update of a vanished endpoint", BASE, units, Meanwhile.VANISHED)
    yield Scenario("update of a failed endpoint", BASE, units, Meanwhile.FAILED)
    yield Scenario(
        "update of a failed endpoint that takes no update",
        BASE,
        units,
        Meanwhile.FAILED,
        settings=(("update_on_failed", "InvalidRequestException"),),
    )


def _deletes() -> Iterator[Scenario]:
    yield Scenario("delete", BASE, None)
    yield Scenario("delete with a flywheel and a generated name", FLYWHEEL, None)
    yield Scenario("delete of a vanished endpoint", BASE, None, Meanwhile.VANISHED)
    yield Scenario("delete of a failed endpoint", BASE, None, Meanwhile.FAILED)


def _adoptions() -> Iterator[Scenario]:
    wanted = _with(DesiredInferenceUnits=1, Tags=TAGS)
    plain = Scenario("create that adopts", None, wanted)
    made = _made(plain)
    create = replace(plain.over(made, There.OFFERED), name=plain.name)
    yield create
    yield replace(create, name=f"{create.name}, sibling fails", sibling_fails=True, first=1)
    yield replace(plain.over(made, There.DIFFERENT), name="create that cannot adopt")
    added = replace(create, name="addition that adopts", added=True)
    yield added
    yield replace(added, name=f"{added.name}, rolled back", sibling_fails=True, first=1)
    renamed = {**wanted, "EndpointName": "other"}
    yield Scenario("replacement of an adopted one", wanted, renamed, adopted=True)
    yield Scenario("delete of an adopted one", wanted, None, adopted=True)


def _options() -> Iterator[Scenario]:
    broken = _with(ModelArn=BROKEN, DesiredInferenceUnits=2)
    renamed = {**broken, "EndpointName": "other"}
    preserved = Option.PRESERVED
    yield Scenario("update that fails, preserved", BASE, broken, fails=True, option=preserved)
    yield Scenario("replacement that fails, preserved", BASE, renamed, fails=True, option=preserved)
    for carried in (Carried.OLD, Carried.NEW):
        yield Scenario(
            f"replacement that is refused when it is done, back with {carried}",
            *_REPLACEMENTS["rename"],
            option=preserved,
            carried=carried,
        )
    yield Scenario(
        "addition that fails, preserved, and is tried again",
        None,
        broken,
        fails=True,
        added=True,
        option=preserved,
        then=BASE,
    )
    before, after = _IN_PLACE["all at once"]
    yield Scenario(
        "update of all at once, rolled back or skipped",
        before,
        after,
        sibling_fails=True,
        first=1,
        option=Option.SKIPPED,
        then=_with(
            DesiredInferenceUnits=4,
            ModelArn=classifier("reviews/version/v3"),
            DataAccessRoleArn=role("other"),
            # A tag that no template names any more stays.
            Tags=[{"Key": "team", "Value": "c"}, {"Key": "stage", "Value": "y"}],
        ),
    )
    yield Scenario("delete, by force where it fails", BASE, None, option=Option.FORCED)


_MET = (
    "create, explicit name",
    "create, generated name",
    "create that fails",
    "create, explicit name, sibling fails",
    "addition, explicit name, rolled back",
    "replacement by rename",
    *(f"replacement by rename, rolled back with {carried}" for carried in Carried),
    "replacement that fails",
)
"""The scenarios that every group plays with something at the name that they go to."""


def _met() -> Iterator[Scenario]:
    for name, there in product(_MET, (There.RETAINED, There.LEFT, There.OFFERED)):
        plain = _plain()[name]
        met = plain.over(_made(plain), there)
        # What is refused comes to no sibling's failure.
        if not (met.is_refused and met.sibling_fails):
            yield met


def _made(scenario: Scenario) -> Json:
    made = made_by(scenario)
    assert made is not None, f"{scenario.name} makes nothing"
    return made


@cache
def meetings() -> dict[str, Scenario]:
    """All that go to a new name, with each that can be there, and each policy that matters."""
    made = {name: made_by(each) for name, each in _plain().items()}
    found = [
        scenario.over(endpoint, there, policy)
        for name, scenario in _plain().items()
        if (endpoint := made[name]) is not None
        for there in There
        if there is not There.NOTHING
        for policy in (DeletionPolicy if scenario.sibling_fails else (DeletionPolicy.DELETE,))
    ]
    return {each.name: each for each in found if each.name not in scenarios()}


def scenario_of(name: str) -> Scenario:
    """One of `scenarios` or `meetings`."""
    return scenarios().get(name) or meetings()[name]
