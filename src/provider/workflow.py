"""How an operation runs: looked at, decided, kept, sent, cleaned up; one step at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provider import answer, closing, reasons
from provider.decision import Goal, Move, Sent
from provider.endpoint import Endpoint
from provider.ensuring import Ensuring
from provider.errors import ApiError, InvalidPropertiesError, meaning
from provider.identity import (
    Whose,
    is_not_created,
    not_created_id,
    offer,
    undetermined_id,
)
from provider.pace import poll_pause
from provider.properties import Properties, parse_properties, read_properties
from provider.reasons import Failure
from provider.removal import remove
from provider.request import Operation, Request
from provider.services import Services
from provider.stack import StackView, unwanted
from provider.state import Leftover, Phase, Progression, State
from provider.target import Refusal, abandoned, guesses, held
from provider.waiting import note, wait


def step(state: State, request: Request, services: Services) -> None:
    """Carry an operation on by one step; where to go next is in ``state.next``."""
    if state.phase is Phase.WORK:
        Run(request, state, services).work()
    elif state.phase is Phase.ANSWER:
        closing.send(state, request, services)
    else:
        closing.clean_up(state, request, services)


@dataclass(frozen=True, slots=True)
class Run:
    """One operation at one step."""

    request: Request
    state: State
    services: Services

    def work(self) -> None:
        """Look and make the next move, or decide the answer."""
        self.state.progression.trouble = None
        try:
            if self.request.operation is Operation.DELETE:
                self._remove()
            else:
                self._ensure()
        except ApiError as error:
            if meaning(error).transient:
                self.state.progression.waits_out(error)
                self.services.log.warning("to be tried again", call=error.call, code=error.code)
                self._wait()
            else:
                self.fail(reasons.refused(error))

    def _ensure(self) -> None:
        state, now = self.state, self.services.now
        ensuring = self._ensuring()
        located = ensuring.locate(state)
        if isinstance(located, Refusal):
            self.fail(reasons.refusal_of(located.reason))
            return
        live = located
        while True:
            arn = str(state.arn)
            move = ensuring.next_move(state, live, now())
            self._log_move(arn, live, move)
            if move is Move.WAIT:
                self._wait()
                return
            if move.fails:
                self._fail_move(move, arn, live)
                return
            why = self._unwanted()
            if why is not None:
                is_left = state.progression.may_have_created and arn != self.request.physical_id
                made = arn if is_left else None
                self.fail(reasons.unwanted(why, made))
                return
            if move is Move.DONE and live is not None:
                self._succeed(live)
                return
            if now() >= state.deadline:
                self._time_out()
                return
            answered = ensuring.perform(move, state, live, arn, now())
            refused = state.progression.refused_change is not None
            if not answered or not (refused or move in (Move.ADOPT, Move.TAG)):
                self._wait()
                return
            # What was refused is decided on at once. Tags are set at once, too.
            live = ensuring.look(state)

    def _ensuring(self) -> Ensuring:
        request, services = self.request, self.services
        try:
            new = parse_properties(request.properties, request.place)
        except InvalidPropertiesError:
            new = read_properties(request.properties, request.place)
        old = (
            Properties()
            if request.operation is Operation.CREATE
            else read_properties(request.old_properties, request.place)
        )
        return Ensuring(
            request,
            new,
            old,
            self._at_first(),
            services.comprehend,
            services.log,
            services.installation,
        )

    def _remove(self) -> None:
        state, services = self.state, self.services
        if not state.removals and not is_not_created(self.request.physical_id):
            state.removals = self._removals()
        for removal in state.removals:
            removal.progression.trouble = None
            outcome = remove(services, removal, self.request.reply, services.now())
            self._log_move(removal.arn, outcome.live, outcome.move)
            if outcome.move is Move.DONE:
                continue
            if outcome.move.fails:
                self._fail_removal(removal, outcome.move)
            else:
                state.arn = removal.arn
                state.progression.status = removal.progression.status
                state.progression.trouble = removal.progression.trouble
                self._wait()
            return
        self._decide(answer.success(self.request.reply, self._physical_id(), {}), None)

    def _removals(self) -> list[Leftover]:
        present = held(self.request)
        if present is not None:
            return [Leftover(str(self.request.physical_id), Goal.DELETE)]
        properties = read_properties(self.request.properties, self.request.place)
        return [Leftover(arn, Goal.DELETE_IF_OURS) for arn in guesses(self.request, properties)]

    def _fail_removal(self, removal: Leftover, move: Move) -> None:
        refusal = removal.progression.refusal
        self.fail(
            reasons.failed(move, removal.arn, None, refusal, physical_id=self.request.physical_id)
        )

    def _fail_move(self, move: Move, arn: str, live: Endpoint | None) -> None:
        refusal = self.state.progression.refusal
        request = self.request
        adopts = request.operation is Operation.CREATE and "EndpointName" in request.properties
        tag = offer(request.reply) if adopts else None
        self.fail(
            reasons.failed(move, arn, live, refusal, physical_id=request.physical_id, adopt_tag=tag)
        )

    def _unwanted(self) -> str | None:
        view = self.services.stacks.view(self.request.reply)
        return unwanted(self.request.operation, self._at_first(), view)

    def _at_first(self) -> StackView:
        state = self.state
        return StackView(state.stack_status, state.listed, state.resource_status)

    def _wait(self) -> None:
        """Come back later, or give up where there is no later."""
        state, now = self.state, self.services.now()
        pause = poll_pause(now - state.received)
        if now + pause >= state.deadline:
            self._time_out()
            return
        note(state, state.progression.trouble)
        wait(state, self.request, self.services, now, pause, state.deadline)

    def _time_out(self) -> None:
        state = self.state
        timeout = read_properties(self.request.properties, self.request.place).timeout
        seconds = self.services.now() - state.received
        failure = reasons.timed_out(
            seconds, timeout, state.arn, state.progression.status, state.progression.trouble
        )
        self.fail(failure)

    def _succeed(self, live: Endpoint) -> None:
        try:
            body = answer.success(self.request.reply, live.arn, live.attributes())
        except ValueError as error:
            self.fail(reasons.refusal_of(f"The answer cannot be sent: {error}."))
            return
        self._decide(body, None)

    def fail(self, failure: Failure) -> None:
        """Decide on a FAILED answer, and what is to be removed after it."""
        if self.state.progression.may_have_adopted:
            failure = reasons.with_return(failure)
        body = answer.failure(self.request.reply, self._failure_id(), failure.reason)
        self._leave_behind()
        self._decide(body, failure)

    def _failure_id(self) -> str:
        """Give the id of a FAILED answer: the old one, or of a Create the true one.

        A Create's Delete comes with the id that is given here. It is the ARN only where an
        endpoint of this resource is, or may be, behind it.
        """
        if self.request.operation is not Operation.CREATE:
            return self._physical_id()
        progression = self.state.progression
        adopted = progression.may_have_adopted
        ours = progression.whose is not None and progression.whose.is_ours and not adopted
        if self.state.arn and (progression.creations or ours):
            return self.state.arn
        if progression.status is None or progression.maybe_created_at is not None or adopted:
            # Nothing was seen, or a call was lost that may have made it: the Delete has to look.
            # So has that of an endpoint which is given back, and may be its owner's by then.
            return undetermined_id(self.request.reply)
        return not_created_id(self.request.reply)

    def _physical_id(self) -> str:
        return self.request.physical_id or undetermined_id(self.request.reply)

    def _leave_behind(self) -> None:
        """Note what a failed operation made or adopted, to be removed or given back after the
        answer.

        What the physical resource id names stays: the stack has it, and a rollback mends it.
        """
        state = self.state
        is_new = state.arn is not None and state.arn != self.request.physical_id
        if self.request.operation is Operation.DELETE or not is_new:
            return
        if state.progression.may_have_created:
            made_at = state.progression.maybe_created_at or state.progression.sent_at
            made = Progression(sent=Sent.CREATE, sent_at=made_at, seen=state.progression.seen)
            state.leftovers.append(Leftover(str(state.arn), Goal.CLEAN_UP, made))
        elif state.progression.may_have_adopted:
            seen = state.progression.whose is Whose.TAKEN
            taken = Progression(sent=Sent.ADOPT, sent_at=self.services.now(), seen=seen)
            state.leftovers.append(Leftover(str(state.arn), Goal.CLEAN_UP, taken))

    def _decide(self, body: dict[str, Any], failure: Failure | None) -> None:
        """Keep the answer in the state; the next step sends it."""
        state = self.state
        # Only a rollback cleans up after the update that it undoes. To any other update the old
        # names are those under which its own rollback, which may be under way, makes endpoints.
        rolls_back = self._at_first().rolling_back is True
        if rolls_back and self.request.operation is Operation.UPDATE and state.kind and state.arn:
            ensuring = self._ensuring()
            state.leftovers += [
                Leftover(arn, Goal.DELETE_IF_OURS)
                for arn in abandoned(
                    self.request, ensuring.new, ensuring.old, state.arn, state.kind
                )
                if arn not in {each.arn for each in state.leftovers}
            ]
        state.decide(body, failure.blame if failure else None, self.services.now())

    def _log_move(self, arn: str, live: Endpoint | None, move: Move) -> None:
        # An operation waits hundreds of times: that is of use to nobody at three in the morning.
        log = self.services.log.debug if move is Move.WAIT else self.services.log.info
        status = live.status.value if live else "none"
        log("looked", endpoint=arn, status=status, move=move.value)
