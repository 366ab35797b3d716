"""Tags that show late: what ListTagsForResource shows, what the owner sees, and what counts."""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin, ManualClock
from testing.arns import classifier, endpoint_arn
from tests.functional.emulated import refused

Tags = dict[str, str]
Shown = Callable[[], Tags]

ONE = endpoint_arn("one")


@pytest.fixture
def shown(client: Any) -> Shown:
    """Gives what ListTagsForResource shows of the endpoint named `one`."""

    def ask() -> Tags:
        tags = client.list_tags_for_resource(ResourceArn=ONE)["Tags"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    return ask


def create(client: Any, **tags: str) -> None:
    client.create_endpoint(
        EndpointName="one",
        ModelArn=classifier(),
        DesiredInferenceUnits=1,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def test_each_change_of_tags_shows_late_by_itself(
    client: Any, admin: Admin, clock: ManualClock, shown: Shown
) -> None:
    admin.change_settings(tag_visibility_seconds=1000, time_scale=10)

    def status() -> str:
        properties = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
        return str(properties["Status"])

    create(client, a="1", b="1")
    assert (status(), shown()) == ("CREATING", {})
    clock.advance(60)
    client.tag_resource(ResourceArn=ONE, Tags=[{"Key": "a", "Value": "2"}])
    client.untag_resource(ResourceArn=ONE, TagKeys=["b", "was-never-there"])
    assert (status(), shown()) == ("IN_SERVICE", {})
    clock.advance(20)
    client.tag_resource(ResourceArn=ONE, Tags=[{"Key": "b", "Value": "3"}])
    seen = []
    for seconds in (19, 1, 59, 1, 19, 1):
        clock.advance(seconds)
        seen.append(shown())
    made, changed, added = {"a": "1", "b": "1"}, {"a": "2"}, {"a": "2", "b": "3"}
    assert seen == [{}, made, made, changed, changed, added]


def test_a_new_endpoint_shows_no_tag_of_a_former_one_with_its_name(
    client: Any, admin: Admin, clock: ManualClock, shown: Shown
) -> None:
    admin.change_settings(tag_visibility_seconds=30, create_seconds=0, delete_seconds=0)

    create(client, a="former")
    clock.advance(30)
    assert shown() == {"a": "former"}
    client.tag_resource(ResourceArn=ONE, Tags=[{"Key": "b", "Value": "former"}])
    client.delete_endpoint(EndpointArn=ONE)
    create(client, c="new")
    assert shown() == {}
    clock.advance(30)
    assert shown() == {"c": "new"}


def test_the_owner_sees_late_tags_and_changes_tags_at_once(
    client: Any, admin: Admin, clock: ManualClock, shown: Shown
) -> None:
    admin.change_settings(tag_visibility_seconds=30)

    def seen() -> tuple[Tags, Tags]:
        """What the owner sees, and what ListTagsForResource shows."""
        found = admin.endpoint(ONE)
        assert found is not None
        assert admin.endpoints() == [found]
        return found["Tags"], shown()

    admin.put_endpoint("one", classifier(), tags={"a": "1", "b": "1"})
    assert seen() == ({"a": "1", "b": "1"}, {"a": "1", "b": "1"})
    client.tag_resource(ResourceArn=ONE, Tags=[{"Key": "c", "Value": "1"}])
    client.untag_resource(ResourceArn=ONE, TagKeys=["a"])
    admin.put_tags(ONE, {"d": "1"})
    admin.remove_tags(ONE, ["b"])
    assert seen() == ({"c": "1", "d": "1"}, {"a": "1", "d": "1"})
    clock.advance(30)
    assert seen() == ({"c": "1", "d": "1"}, {"c": "1", "d": "1"})
    client.untag_resource(ResourceArn=ONE, TagKeys=["c"])
    admin.remove_tags(ONE)
    assert seen() == ({}, {})


def test_tags_that_do_not_show_yet_count_and_removed_ones_that_still_show_do_not(
    client: Any, admin: Admin
) -> None:
    admin.change_settings(tag_visibility_seconds=30)
    create(client, **{f"key-{number}": "" for number in range(50)})
    more = [{"Key": "one-more", "Value": ""}]
    code, _ = refused(client.tag_resource, ResourceArn=ONE, Tags=more)
    assert code == "TooManyTagsException"
    client.untag_resource(ResourceArn=ONE, TagKeys=["key-0"])
    client.tag_resource(ResourceArn=ONE, Tags=more)
