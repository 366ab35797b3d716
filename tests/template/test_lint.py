"""What the linters of SAM and CloudFormation say of the application and the examples."""

from pathlib import Path

from tests.template.application import EXAMPLES, ROOT, TEMPLATE
from tests.template.conftest import Run

OUR_RULES = ROOT / "lint" / "src" / "cfn_lint_comprehend_endpoint"
"""What we tell consumers to check their templates with."""


def test_the_template_passes_sam_validate_with_its_linter(run_tool: Run) -> None:
    done = run_tool("sam", "validate", "--lint", "--template-file", TEMPLATE)

    assert done.returncode == 0, done.stdout + done.stderr


def test_template_and_examples_pass_every_rule_of_cfn_lint(run_tool: Run) -> None:
    # I: advice, which is off unless asked for. I9505 is advice for four regions; the examples are
    # for all of them.
    done = run_tool(
        *("cfn-lint", "--include-checks", "I", "--non-zero-exit-code", "informational"),
        *("--append-rules", OUR_RULES, "--ignore-checks", "I9505"),
        *("--template", TEMPLATE, *EXAMPLES),
    )

    assert EXAMPLES
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linters_do_see_a_mistake(run_tool: Run, tmp_path: Path) -> None:
    spoilt = tmp_path / "template.yaml"
    spoilt.write_text(TEMPLATE.read_text().replace("SqsManagedSseEnabled", "SqsManagedSse"))

    assert run_tool("cfn-lint", "--template", spoilt).returncode != 0
    assert run_tool("sam", "validate", "--lint", "--template-file", spoilt).returncode != 0


def test_our_rules_do_see_a_mistake_in_an_example(run_tool: Run, tmp_path: Path) -> None:
    spoilt = tmp_path / "example.yaml"
    spoilt.write_text(EXAMPLES[0].read_text().replace("DesiredInferenceUnits:", "InferenceUnits:"))
    done = run_tool("cfn-lint", "--append-rules", OUR_RULES, "--template", spoilt)

    assert "InferenceUnits: there is no such property. Did you mean" in done.stdout
    assert done.returncode != 0
