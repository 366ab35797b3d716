"""What is measured side by side: this provider, and what a user would pick instead."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
CONSUMER = (FOLDER / "consumer.yaml").read_text(encoding="utf-8")
"""The template of every consumer's stack: only the ServiceToken differs."""


@dataclass(frozen=True)
class Peer:
    """One way to have endpoints in a template, as it is deployed."""

    key: str
    """A short name, of which stacks and endpoints get theirs."""
    title: str
    token: str
    """The ServiceToken."""
    functions: tuple[str, ...]
    """The names of the functions that log, in each invocation, which endpoint it is about."""
    state_machine: str = ""
    """The ARN of the state machine that waits; empty where none does."""
    step_function: str = ""
    """The name of the function that is every task of the state machine, and does not always log."""
    log_mark: str = ""
    """What is logged in each invocation of `functions` and in none of `step_function`."""
