"""Every command in the documentation is one that works here, or it is said why no test runs it."""

from __future__ import annotations

import pytest

from tests.e2e.documented import NOT_RUN, Block, blocks, files

BLOCKS = blocks()


def test_the_blocks_of_all_pages_are_found() -> None:
    commands = {command for block in BLOCKS for command in block.commands}

    assert {block.page for block in BLOCKS} >= {"README.md", "examples/README.md"}
    assert {"make demo", "make test", "make invoke EVENT=events/create.json"} <= commands
    assert any(command.startswith("aws comprehend tag-resource") for command in commands)
    assert any(files(command) for command in commands)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_the_files_that_a_command_names_exist(block: Block) -> None:
    assert [
        file for command in block.commands for file in files(command) if not file.exists()
    ] == []


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_command_is_run_or_it_is_said_why_not(block: Block) -> None:
    assert block.is_run or block.excuse or block.programs == {"make"}


def test_nothing_is_excused_that_is_not_there() -> None:
    assert set(NOT_RUN) == {block.excuse for block in BLOCKS} - {None}
