"""The making and changing of one endpoint, for a Create or an Update."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from provider.changes import (
    Progress,
    Scope,
    Settings,
    TagChanges,
    differs,
    everything,
    needed,
    progress,
    standing,
    tag_changes,
)
from provider.comprehend import Comprehend
from provider.decision import Change, Goal, Move, Sent, There, decide
from provider.endpoint import Endpoint
from provider.errors import ApiError, is_role_not_ready, meaning
from provider.identity import (
    Kind,
    Whose,
    adoption_tags,
    client_request_token,
    kind_of_model,
    ownership_tags,
    parse_endpoint_arn,
    whose,
)
from provider.installation import Installation
from provider.look import look, whose_is
from provider.observability import Telemetry
from provider.pace import GRACE, ROLE_GRACE, SETTLING
from provider.properties import Properties, problems_of
from provider.request import Operation, Request
from provider.stack import StackView
from provider.state import Progression, State
from provider.target import Refusal, candidates, choose, held


@dataclass(frozen=True, slots=True)
class Ensuring:
    """One Create or Update.

    Args:
        new: the properties that are asked for.
        old: the properties before, empty on Create.
        at_first: what CloudFormation said of the stack when the request arrived.
        installation: what whoever installed the provider has set.
    """

    request: Request
    new: Properties
    old: Properties
    at_first: StackView
    comprehend: Comprehend
    log: Telemetry
    installation: Installation = field(default_factory=Installation)

    def locate(self, state: State) -> Endpoint | Refusal | None:
        """Look at the endpoint that the request means, which the state keeps once it is known.

        Raises:
            ApiError: the flywheel or one of the endpoints cannot be looked at.
        """
        if state.arn is not None:
            return self.look(state)
        kind = self._kind(state)
        if isinstance(kind, Refusal):
            return kind
        state.kind = kind
        seen = {
            arn: look(self.comprehend, arn, Progression(), self.request.reply, fresh=True)
            for arn in candidates(self.request, self.new, self.old, kind)
        }
        chosen = choose(
            self.request,
            self.new,
            self.old,
            kind,
            seen,
            rolling_back=self.at_first.rolling_back,
        )
        if isinstance(chosen, Refusal):
            return chosen
        state.arn, state.scope = chosen.arn, chosen.scope
        if chosen.arn not in seen:
            return self.look(state)
        live = seen[chosen.arn]
        state.progression.status = live.status.value if live else ""
        state.progression.whose = whose(live.tags, self.request.reply) if live else None
        return live

    def look(self, state: State) -> Endpoint | None:
        """Look at the endpoint once more.

        Raises:
            ApiError: it cannot be looked at.
        """
        arn, progression = str(state.arn), state.progression
        return look(self.comprehend, arn, progression, self.request.reply, fresh=False)

    def _kind(self, state: State) -> Kind | Refusal:
        """Say what kind of model the endpoint serves, which is part of its ARN."""
        named = kind_of_model(self.new.model_arn) or state.kind
        if named is not None:
            return named
        present = held(self.request)
        if self.new.flywheel_arn is None and present is not None:
            return present.kind
        try:
            asked = self.comprehend.flywheel_kind(self.new.flywheel_arn or "")
        except ApiError as error:
            # An update of an endpoint that is there, a rollback above all, need not fail because
            # its flywheel is gone: what is there says its kind.
            if meaning(error).transient or present is None:
                raise
            return present.kind
        if asked is not None:
            return asked
        if present is not None:
            return present.kind
        return Refusal(
            "FlywheelArn: Amazon Comprehend does not say what kind of model this flywheel trains, "
            "so it cannot be an endpoint's. Give the ModelArn as well, or another flywheel."
        )

    def next_move(self, state: State, live: Endpoint | None, now: float) -> Move:
        """Decide what to do with what is there.

        A change is made by :meth:`perform`, once somebody has made sure that it is still wanted.
        """
        submitted = state.progression.submitted(now, GRACE)
        return decide(Goal.ENSURE, self._there(state, live, now), submitted)

    def perform(
        self, move: Move, state: State, live: Endpoint | None, arn: str, now: float
    ) -> bool:
        """Make a change.

        Returns:
            Whether Comprehend answered for good; what it refused is in the progression, for the
            next look to decide on. Otherwise the call is to be tried again later.
        """
        progression = state.progression
        change = _CHANGES[move]
        try:
            self._call(move, state, live, arn, now)
        except ApiError as error:
            if self._is_passing(move, error, progression, now):
                if error.status in (0, *range(500, 600)):
                    # It may have had its effect.
                    if move is Move.CREATE:
                        progression.maybe_created_at = now
                    progression.maybe_adopted |= move is Move.ADOPT
                progression.waits_out(error)
                self.log.warning("to be tried again", call=error.call, code=error.code)
                return False
            progression.refused(change, error)
        return True

    def _call(self, move: Move, state: State, live: Endpoint | None, arn: str, now: float) -> None:
        progression = state.progression
        if move is Move.CREATE:
            self._create(state, arn, now)
        elif move is Move.ADOPT:
            self._adopt(state, arn, now)
        elif live is not None and move in (Move.UPDATE, Move.REVIVE):
            settings = self._settings(move, state, live)
            self.comprehend.update(arn, settings)
            progression.settings, progression.before = settings, standing(live)
            progression.accepted(Sent.UPDATE if move is Move.UPDATE else Sent.REVIVE, now)
            self.log.info("updating", endpoint=arn, settings=_told(settings))
        elif move is Move.DELETE:
            self.comprehend.delete(arn)
            progression.accepted(Sent.DELETE, now)
            self.log.info("deleting, to be made again", endpoint=arn)
        elif live is not None:
            self._tag(arn, self._tag_changes(state, live))
            progression.tagged = True
            progression.refused_change, progression.refusal = None, None

    def _create(self, state: State, arn: str, now: float) -> None:
        progression = state.progression
        identity = parse_endpoint_arn(arn)
        token = client_request_token(self.request.reply, progression.creations + 1)
        marks = ownership_tags(self.request.reply)
        tags = self.installation.tags_for(self.new.tags, marks) | marks
        made = self.comprehend.create(
            identity.name if identity else "", everything(self.new), token, tags
        )
        progression.accepted(Sent.CREATE, now)
        progression.creations += 1
        progression.whose = Whose.MADE
        state.arn = made or arn
        self.log.info("creating", endpoint=state.arn)

    def _adopt(self, state: State, arn: str, now: float) -> None:
        reply, progression = self.request.reply, state.progression
        self.comprehend.tag(arn, ownership_tags(reply) | adoption_tags(reply, state.received))
        progression.accepted(Sent.ADOPT, now)
        progression.whose = Whose.TAKEN
        self.log.info("adopting", endpoint=arn)

    def _tag(self, arn: str, tags: TagChanges) -> None:
        # Removed first: an endpoint may be at the limit of fifty.
        if tags.remove:
            self.comprehend.untag(arn, tags.remove)
        if tags.put:
            self.comprehend.tag(arn, tags.put)
        self.log.info("tagged", endpoint=arn, put=sorted(tags.put), removed=list(tags.remove))

    def _there(self, state: State, live: Endpoint | None, now: float) -> There | None:
        if live is None:
            return None
        progression = state.progression
        if progression.sent in (Sent.UPDATE, Sent.REVIVE):
            compared = progress(progression.settings, progression.before, live)
        else:
            lacking = needed(self.new, self.old, live, state.scope)
            compared = Progress.DIFFERS if lacking else Progress.MATCHES
        return There(
            live.status,
            self._whose(progression),
            compared,
            # Once: whoever has changed them since, a rollback perhaps, is not fought.
            not progression.tagged and bool(self._tag_changes(state, live)),
            self._may_be_overtaking(state, now),
        )

    def _whose(self, progression: Progression) -> Whose:
        """Say whose the endpoint is to this operation: only a Create takes one over from its
        owner, and only under a name that the template gives.
        """
        found = whose_is(progression)
        adopts = self.request.operation is Operation.CREATE and self.new.endpoint_name is not None
        if adopts or found not in (Whose.OFFERED, Whose.ON_TRIAL):
            return found
        return Whose.FOREIGN if found is Whose.OFFERED else Whose.EARLIER

    def _may_be_overtaking(self, state: State, now: float) -> bool:
        """Whether an update that this rollback undoes may be accepted, but not visible yet.

        An update is rolled back while it runs where another resource fails. One with invalid
        properties, or with more than the installation grants, was never sent.
        """
        return (
            self.at_first.rolling_back is True
            and state.scope is Scope.CHANGED
            and state.progression.sent is Sent.NOTHING
            and now - state.received < min(SETTLING, (state.deadline - state.received) / 2)
            and differs(self.new, self.old)
            and not problems_of(self.request.old_properties, self.request.place)
            and not any(self.installation.problems(self.old, self.new))
        )

    def _settings(self, move: Move, state: State, live: Endpoint) -> Settings:
        if move is Move.UPDATE:
            return needed(self.new, self.old, live, state.scope)
        # An endpoint in FAILED gets all that the template says, and at least its units again.
        wanted = everything(self.new)
        return wanted if wanted.units else replace(wanted, units=live.desired_units)

    def _tag_changes(self, state: State, live: Endpoint) -> TagChanges:
        # An endpoint of ours that an earlier request left behind becomes this request's, so that
        # no clean-up of that earlier one takes it away.
        adopts = (
            state.scope is Scope.ALL
            and state.arn != self.request.physical_id
            and self._whose(state.progression) is Whose.EARLIER
        )
        marks = adoption_tags(self.request.reply, state.received) if adopts else None
        tags = (
            self.installation.tags_for(self.new.tags, live.tags)
            if adopts or self.request.operation is Operation.CREATE
            else self.installation.tags_after(self.new.tags, self.old.tags)
        )
        return tag_changes(replace(self.new, tags=tags), self.old, live, state.scope, marks)

    def _is_passing(
        self, move: Move, error: ApiError, progression: Progression, now: float
    ) -> bool:
        if move is Move.REVIVE and error.code in _REFUSES_TO_REVIVE:
            return False
        if meaning(error).transient:
            return True
        if not is_role_not_ready(error, self.new.role_arn):
            return False
        since = progression.waiting_for_role_since
        progression.waiting_for_role_since = now if since is None else since
        return now - progression.waiting_for_role_since < ROLE_GRACE


_REFUSES_TO_REVIVE = frozenset({"ResourceInUseException", "ResourceUnavailableException"})
"""What an endpoint in FAILED may answer UpdateEndpoint with: waiting would change nothing."""

_CHANGES = {
    Move.CREATE: Change.CREATE,
    Move.UPDATE: Change.UPDATE,
    Move.REVIVE: Change.UPDATE,
    Move.DELETE: Change.DELETE,
    Move.ADOPT: Change.TAG,
    Move.TAG: Change.TAG,
}


def _told(settings: Settings) -> dict[str, object]:
    pairs = {
        "ModelArn": settings.model_arn,
        "FlywheelArn": settings.flywheel_arn,
        "DesiredInferenceUnits": settings.units,
        "DataAccessRoleArn": settings.role_arn,
    }
    return {name: value for name, value in pairs.items() if value is not None}
