"""The house: which file may import what, where AWS is called, and what every file begins with."""

import ast
import re
import sys
from functools import cache

import pytest

from tests.unit import given

FILES = {path.stem: path for path in sorted(given.PACKAGE.glob("*.py"))}
PURE = frozenset(
    {
        "adoption",
        "answer",
        "changes",
        "decision",
        "endpoint",
        "errors",
        "identity",
        "installation",
        "pace",
        "properties",
        "reasons",
        "records",
        "request",
        "standing",
        "state",
        "target",
        "watch_report",
    }
)
"""No AWS, no crhelper, no clock: what they say follows from what they are given."""

ENTRY_POINTS = {"on_request", "on_step", "last_resort", "on_watch"}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


@cache
def imported(name: str) -> frozenset[str]:
    """The modules that a file imports, wherever in it: of this package by file, others by top."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import"
            if node.module == "provider":
                found |= {f"provider.{alias.name}" for alias in node.names}
            else:
                found.add(str(node.module))
    return frozenset(each if each.startswith("provider") else each.split(".")[0] for each in found)


def ours(name: str) -> set[str]:
    """The files of the package that a file imports."""
    return {each.partition(".")[2] for each in imported(name) if each.startswith("provider")}


def reached(name: str, but: frozenset[str] = frozenset()) -> set[str]:
    """The files of the package that a file imports, directly or through others `but` these."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for each in ours(waiting.pop()) - found - but:
            found.add(each)
            waiting.append(each)
    return found


def importers(*packages: str) -> set[str]:
    return {name for name in FILES if imported(name) & set(packages)}


def test_every_import_of_the_package_is_one_of_its_files() -> None:
    assert {name: missing for name in FILES if (missing := ours(name) - set(FILES))} == {}


@pytest.mark.parametrize("name", FILES)
def test_imports_form_no_circle(name: str) -> None:
    assert name not in reached(name)


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_file_imports_neither_aws_nor_crhelper_nor_what_does(name: str) -> None:
    everything = {name} | reached(name)
    packages = set().union(*(imported(each) for each in everything))
    foreign = {each for each in packages if not each.startswith("provider")}
    assert foreign <= set(sys.stdlib_module_names) | {"fastjsonschema"}
    assert everything <= PURE
    # Neither chance, nor anything outside the process.
    assert not foreign & {"random", "secrets", "uuid", "os", "socket", "http", "subprocess"}


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_file_asks_no_clock(name: str) -> None:
    asked = {
        node.attr
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today", "time", "monotonic"}
    }
    assert "time" not in imported(name)
    assert asked == set()


def test_the_pure_files_are_all_there() -> None:
    assert set(FILES) >= PURE


def test_the_decision_knows_only_the_words_it_decides_on() -> None:
    assert ours("decision") == {"changes", "endpoint", "identity"}


def test_crhelper_is_imported_in_one_file() -> None:
    assert importers("crhelper") == {"resource"}


def test_powertools_is_imported_in_one_file() -> None:
    assert importers("aws_lambda_powertools") == {"observability"}


IMPORTED_WHEN_USED = frozenset({"handover"})
"""What the last resort can do without; test_last_resort.py has it do so."""


def test_the_last_resort_needs_only_python_s_own_packages() -> None:
    for name in {"last_resort"} | reached("last_resort", but=IMPORTED_WHEN_USED):
        outside = {each for each in imported(name) if not each.startswith("provider")}
        assert outside <= set(sys.stdlib_module_names), name


def test_no_file_imports_an_entry_point() -> None:
    assert {name for name in FILES if ours(name) & ENTRY_POINTS} == set()


def clients_of(name: str) -> set[str]:
    """The services that a file makes clients of."""
    return {
        str(node.args[0].value)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("client", "resource", "create_client")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


def test_comprehend_s_client_is_made_in_one_file() -> None:
    assert {name for name in FILES if "comprehend" in clients_of(name)} == {"comprehend"}


def test_the_sdk_is_set_up_in_one_file_and_each_gateway_is_one_service_s() -> None:
    assert importers("boto3") == {"sdk"}
    gateways = importers("provider.sdk")
    assert {name: len(clients_of(name)) for name in gateways} == dict.fromkeys(gateways, 1)
    assert gateways >= {"comprehend", "executions", "stack"}


@pytest.mark.parametrize("name", ["closing", "ensuring", "look", "removal", "watch", "workflow"])
def test_an_operation_talks_to_aws_through_gateways_alone(name: str) -> None:
    assert not imported(name) & {"boto3", "botocore"}


def outermost_calls(name: str) -> set[str]:
    """What a file calls while it is imported: at module and class level, decorators included."""
    found: set[str] = set()

    class Visitor(ast.NodeVisitor):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            for each in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
                if each is not None:
                    self.visit(each)

        def visit_Lambda(self, _: ast.Lambda) -> None:
            return

        def visit_Call(self, node: ast.Call) -> None:
            found.add(ast.unparse(node.func))
            self.generic_visit(node)

    Visitor().visit(tree(name))
    return found


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_connected_or_started_at_import(name: str) -> None:
    # Constants, patterns and the shapes of data, nothing that has a life.
    allowed = {"Config", "Meaning", "Path", "Path(__file__).with_name", "Refusal"}
    allowed |= {
        "dataclass",
        "field",
        "frozenset",
        "lru_cache",
        "range",
        "re.compile",
        "set",
        "timedelta",
    }
    assert outermost_calls(name) <= allowed


@pytest.mark.parametrize("name", FILES)
def test_no_file_keeps_what_outlives_a_request(name: str) -> None:
    found = {
        ast.unparse(node)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Global | ast.Nonlocal)
    }
    assert found == set()


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_in_one_sentence_what_it_is_for(name: str) -> None:
    docstring = ast.get_docstring(tree(name)) or ""
    sentence = " ".join(docstring.partition("\n\n")[0].split())
    assert re.fullmatch(r"[A-Za-z].*[.?]", sentence), f"{name}: {sentence!r}"
    assert not re.search(r"[.!?] [A-Z]", sentence), f"{name}: more than one sentence"
