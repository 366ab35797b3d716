"""The house: which room may import which, where AWS is called, and how every module begins."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.unit.given import PACKAGE

MODULES = {
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
    for file in sorted(PACKAGE.rglob("*.py"))
    if file.name != "__init__.py"
}
"""Every module of the package tree, by its name below `provider`."""

ROOMS: dict[str, frozenset[str]] = {
    "contract": frozenset(),
    "model": frozenset({"contract"}),
    "telemetry": frozenset({"contract"}),
    "aws": frozenset({"contract", "model"}),
    "orphans": frozenset({"contract", "model", "telemetry"}),
    "reconcile": frozenset({"contract", "model", "telemetry"}),
    "handlers": frozenset({"contract", "model", "telemetry", "aws", "orphans", "reconcile"}),
}
"""The rooms, and the other rooms that each may import: all arrows point downward."""

PURE = frozenset({"contract", "model", "orphans.classification", "orphans.report"})
"""No AWS, no crhelper, no clock, no chance: what they say follows from their arguments."""

OUTSIDE = {
    "contract": {"fastjsonschema"},
    "telemetry": {"aws_lambda_powertools"},
    "aws": {"boto3", "botocore"},
    "handlers": {"crhelper"},
}
"""The third-party packages of each room."""

MOST_LINES = 400


def room(name: str) -> str:
    return name.partition(".")[0]


def is_pure(name: str) -> bool:
    return room(name) in PURE or name in PURE


PURE_MODULES = [name for name in MODULES if is_pure(name)]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imported(name: str) -> frozenset[str]:
    """What a module imports, wherever in it: modules of ours by their name, others by the top."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = str(node.module)
            if node.level:
                assert room(name) == "contract", f"{name}: a relative import"
                assert node.level == 1, name
                source = f"provider.contract.{source}"
            if source.removeprefix("provider.") in MODULES:
                found.add(source)
            else:
                found |= {f"{source}.{alias.name}" for alias in node.names}
    return frozenset(each if each.startswith("provider.") else each.split(".")[0] for each in found)


def ours(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    return {each.partition(".")[2] for each in imported(name) if each.startswith("provider.")}


def foreign(name: str) -> set[str]:
    """The packages outside of Python's own that a module imports."""
    others = {each for each in imported(name) if not each.startswith("provider.")}
    return others - set(sys.stdlib_module_names)


def reached(name: str, but: frozenset[str] = frozenset()) -> set[str]:
    """The modules that a module imports, directly or through others, `but` these."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for each in ours(waiting.pop()) - found - but:
            found.add(each)
            waiting.append(each)
    return found


def test_every_module_is_in_a_room_and_imports_modules_that_exist() -> None:
    assert {room(name) for name in MODULES} == ROOMS.keys()
    assert {name: lost for name in MODULES if (lost := ours(name) - set(MODULES))} == {}


def test_arrows_point_to_rooms_below_and_form_no_circle() -> None:
    order = list(ROOMS)
    for name, below in ROOMS.items():
        assert all(order.index(each) < order.index(name) for each in below), name
    for name in MODULES:
        assert {room(each) for each in ours(name)} - {room(name)} <= ROOMS[room(name)], name
        assert name not in reached(name), f"{name} imports itself through others"


def test_a_module_imports_only_the_packages_of_its_room() -> None:
    for name in MODULES:
        assert foreign(name) <= OUTSIDE.get(room(name), set()), name


@pytest.mark.parametrize("name", PURE_MODULES)
def test_a_pure_module_reaches_nothing_outside_the_process_and_asks_no_clock(name: str) -> None:
    everything = {name} | reached(name)
    assert {each for each in everything if not is_pure(each)} == set()
    packages = set().union(*(imported(each) for each in everything))
    outside = {"os", "random", "secrets", "socket", "http", "subprocess", "time", "uuid"}
    assert not packages & outside
    clocks = {"now", "utcnow", "today", "time", "monotonic"}
    asked = {node.attr for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute)}
    assert not asked & clocks


def importers_of(module: str) -> set[str]:
    return {name for name in MODULES if module in ours(name)}


def test_the_plan_is_made_in_one_place_and_carried_out_in_another() -> None:
    for parts in ("model.ensure", "model.removal"):
        assert importers_of(parts) == {"model.plan"}
    for reconciling in ("model.plan", "reconcile.act", "reconcile.observe", "reconcile.questions"):
        assert importers_of(reconciling) == {"reconcile.operation"}


def test_operations_and_the_orphan_scan_ask_one_function_what_a_stack_has_held() -> None:
    asking = {
        name
        for name in MODULES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and node.module == "provider.model.stack"
        if "history" in {alias.name for alias in node.names}
    }
    assert asking == {"orphans.scan", "reconcile.questions"}


def importers(package: str) -> set[str]:
    return {name for name in MODULES if package in imported(name)}


def test_crhelper_and_powertools_are_imported_in_one_module_each() -> None:
    assert importers("crhelper") == {"handlers.resource"}
    assert importers("aws_lambda_powertools") == {"telemetry"}


def clients_of(name: str) -> set[str]:
    """The services that a module makes clients of."""
    return {
        str(node.args[0].value)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("make_client", "self._make_client")
        and isinstance(node.args[0], ast.Constant)
    }


def test_each_service_has_one_gateway_and_each_gateway_one_service() -> None:
    assert importers("boto3") == {"aws.clients"}
    gateways = {name: clients_of(name) for name in MODULES if clients_of(name)}
    assert gateways == {
        "aws.cloudformation": {"cloudformation"},
        "aws.cloudwatch": {"cloudwatch"},
        "aws.comprehend": {"comprehend"},
        "aws.sns": {"sns"},
        "aws.step_functions": {"stepfunctions"},
    }


def test_an_error_of_the_sdk_becomes_ours_in_one_place() -> None:
    caught = {
        name
        for name in MODULES
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and node.module == "botocore.exceptions"
    }
    assert caught == {"aws.errors"}


HANDLERS = [name for name in MODULES if room(name) == "handlers" and name != "handlers.resource"]


def test_an_entry_point_only_wires_and_no_module_imports_it() -> None:
    assert {name for name in MODULES if ours(name) & set(HANDLERS)} == set()
    for name in HANDLERS:
        nodes = list(ast.walk(tree(name)))
        assert not [node for node in nodes if isinstance(node, ast.ClassDef | ast.While)], name
        # The orphan scan's loops write its report.
        loops = [node for node in nodes if isinstance(node, ast.For)]
        assert not loops or name == "handlers.orphan_scan", name


def test_the_request_function_sees_neither_stacks_nor_endpoints() -> None:
    seen = {each for each in reached("handlers.request") if room(each) == "aws"}
    assert seen == {"aws.clients", "aws.delivery", "aws.errors", "aws.step_functions"}


IMPORTED_WHEN_USED = frozenset({"aws.step_functions", "reconcile.state", "telemetry"})
"""What the fallback can do without; test_fallback_isolation.py proves it."""


def test_the_fallback_needs_only_python_s_own_packages() -> None:
    needed = {"handlers.fallback"} | reached("handlers.fallback", but=IMPORTED_WHEN_USED)
    assert {name: foreign(name) for name in needed if foreign(name)} == {}
    assert needed == {
        "aws.delivery",
        "contract.errors",
        "contract.event",
        "contract.fields",
        "contract.limits",
        "contract.properties",
        "contract.response",
        "handlers.fallback",
        "model.naming",
        "reconcile.fallback",
    }


def outermost_calls(name: str) -> set[str]:
    """What a module calls while it is imported: at module and class level, decorators included."""
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


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_started_at_import_and_nothing_outlives_a_request(name: str) -> None:
    # Constants, patterns and the shapes of data, nothing that has a life.
    allowed = {"Config", "Failure", "Field", "Meaning", "Path", "Path(__file__).with_name"}
    allowed |= {"dataclass", "field", "frozenset", "lru_cache", "re.compile", "timedelta", "tuple"}
    assert outermost_calls(name) <= allowed
    shared = ast.Global | ast.Nonlocal
    assert not [ast.unparse(node) for node in ast.walk(tree(name)) if isinstance(node, shared)]


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_every_module_says_in_one_sentence_what_it_is_for_and_is_short(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    sentence = " ".join(docstring.partition("\n\n")[0].split())
    assert re.fullmatch(r"[A-Za-z].*[.?]", sentence), f"{sentence!r}"
    assert not re.search(r"[.!?] [A-Z]", sentence), f"more than one sentence: {sentence!r}"
    assert len(text.splitlines()) <= MOST_LINES
