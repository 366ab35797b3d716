# Everything a developer runs. `make` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Recipes share .venv, .aws-sam and .coverage.
.NOTPARALLEL:

VENV := $(CURDIR)/.venv
PYTHON := $(VENV)/bin/python
# Written last by setup, so that an interrupted setup runs again.
READY := .venv/.ready

# sam, and the interpreter that it builds with, are those of .venv.
export PATH := $(VENV)/bin:$(PATH)
# Only setup and lock use the network. The functions' packages are installed from wheels that setup
# has downloaded (src/build_artifact.py). sam keeps its metadata in .venv; it says that sam need not
# check for a newer release.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(VENV)/sam
# Ignore the Python path and warnings of whoever runs the tests.
unexport PYTHONPATH PYTHONHOME PYTHONWARNINGS

# For targets that call the provider's code directly, not the deployed artifact.
WITH_PROVIDER := PYTHONPATH=$(CURDIR)/src $(PYTHON)
PYTEST := $(PYTHON) -m pytest
# The tests of a file run in one process: they share what is slow to start.
PARALLEL := --numprocesses 2 --dist loadfile
# Where types are checked. ruff finds its files by itself.
TYPED := src lint bench local tests $(wildcard tools)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Create .venv from requirements/dev.txt (every other target does this when needed)

PIP := $(PYTHON) -m pip -qq --disable-pip-version-check
# The lock files are complete, so nothing is resolved here.
LOCKED := --require-hashes --no-deps

# The functions' runtime comes first. Each candidate is tried: a python3.13 on the PATH may only print
# an error.
$(READY): requirements/dev.txt requirements/runtime.txt
	@rm -rf .venv; found=; \
	for candidate in python3.13 python3 python3.14 python3.12 python3.11; do \
	  if "$$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'Found no Python 3.11 or newer with venv (Debian, Ubuntu: apt install python3-venv).' >&2; \
	  exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version) ..."; \
	"$$found" -m venv .venv
	@echo 'Installing the packages in requirements/dev.txt ...'
	@$(PIP) install $(LOCKED) -r requirements/dev.txt
	@$(PIP) download $(LOCKED) --only-binary :all: --platform any --implementation py --abi none \
	  --dest .venv/provider-wheels -r requirements/runtime.txt
	@mkdir -p .venv/sam
	@echo '{"telemetryEnabled": false, "lastVersionCheck": 32503680000.0}' > .venv/sam/metadata.json
	@touch $(READY)

# Tools whose pinned versions conflict with the tests', or that few targets need, have their own
# environments: checkov (scan), the AWS CLI and the CDK (tools), and Lambda's runtime client (bench).
# The demo does not wait for them.
SCANNER := .venv/scan/.ready
TOOLS := .venv/tools/.ready
BENCH := .venv/bench/.ready

# The CDK unpacks itself when it first runs. This must not happen during a test.
.venv/%/.ready: requirements/%.txt $(READY)
	@rm -rf .venv/$*
	@$(PYTHON) -m venv .venv/$*
	@echo 'Installing the packages in requirements/$*.txt ...'
	@.venv/$*/bin/python -m pip -qq --disable-pip-version-check install $(LOCKED) -r $<
	@$(if $(filter tools,$*),$(PYTHON) -m tests.e2e.tools)
	@touch $@

.PHONY: demo
demo: $(READY) ## Take an endpoint through its whole life on an embedded AWS (no account needed)
	@$(PYTHON) -m local.demo

.PHONY: demo-picture
demo-picture: $(READY) ## Run the demo, and draw docs/demo.svg from what the terminal showed
	@$(PYTHON) -m local.demo --svg docs/demo.svg

.PHONY: orphan-scan
orphan-scan: $(READY) ## Show the orphan scan at work, on an embedded AWS
	@$(PYTHON) -m local.orphan_scan

.PHONY: local
local: $(READY) ## Start the embedded AWS, print how to talk to it, and keep it running
	@$(PYTHON) -m local

.PHONY: invoke
invoke: $(READY) ## Run one event through the handlers: make invoke EVENT=events/create.json [LOG=1]
	@test -n "$(EVENT)" || { echo 'usage: make invoke EVENT=events/create.json' >&2; exit 2; }
	@$(WITH_PROVIDER) -m local.invoke $(if $(LOG),--log) "$(EVENT)"

.PHONY: test
test: $(READY) $(TOOLS) ## Run all tests, and print the branch coverage of src/provider
	$(PYTEST) $(PARALLEL) tests/unit tests/functional tests/crhelper --cov
	$(PYTEST) $(PARALLEL) tests/campaign tests/template tests/lint tests/security tests/load tests/bench tests/e2e

.PHONY: test-unit
test-unit: $(READY) ## Run the unit tests
	$(PYTEST) $(PARALLEL) tests/unit

.PHONY: test-functional
test-functional: $(READY) ## Run the handlers against the Comprehend emulator
	$(PYTEST) $(PARALLEL) tests/functional

.PHONY: test-e2e
test-e2e: $(READY) $(TOOLS) ## Run the deployed application in the embedded AWS
	$(PYTEST) $(PARALLEL) tests/e2e

.PHONY: test-template
test-template: $(READY) ## Check template, examples, state machines, permissions and artifact
	$(PYTEST) tests/template

.PHONY: test-lint
test-lint: $(READY) ## Check the rules for cfn-lint, and their package
	$(PYTEST) $(PARALLEL) tests/lint

.PHONY: test-security
test-security: $(READY) ## Send hostile events, and evaluate the policies
	$(PYTEST) $(PARALLEL) tests/security

.PHONY: hostile
hostile: $(READY) ## Send tens of thousands of hostile events, new ones each time (about 20 minutes)
	HYPOTHESIS_PROFILE=long $(PYTEST) $(PARALLEL) tests/security

.PHONY: scan
scan: $(SCANNER) ## Scan the template with checkov: every finding must be explained
	$(PYTHON) -m tests.security.scan

.PHONY: crhelper-facts
crhelper-facts: $(READY) ## Show what stock crhelper does at each number of docs/crhelper.md
	@$(WITH_PROVIDER) -m tests.crhelper

.PHONY: docs
docs: $(READY) ## Regenerate docs/reference.md from the resource's schema
	@$(PYTHON) -m tools.reference

.PHONY: models
models: $(READY) ## Regenerate src/provider/aws/models/ from the locked SDK: only what the provider calls
	@$(PYTHON) -m tools.models

.PHONY: load
load: $(READY) ## Run 1,000 operations at once, and write docs/load.md (some minutes)
	@$(WITH_PROVIDER) -m local.load --report docs/load.md

.PHONY: bench
bench: $(READY) $(TOOLS) $(BENCH) ## Measure this provider and its peers, and write docs/benchmarks.md (about 20 minutes)
	@$(WITH_PROVIDER) -m bench --report docs/benchmarks.md

.PHONY: campaign
campaign: $(READY) ## Inject every failure at every call, and write docs/reliability.md
	$(WITH_PROVIDER) -m tests.campaign --report docs/reliability.md

.PHONY: stateful
stateful: $(READY) ## Run thousands of random steps on several stacks, new ones each time
	HYPOTHESIS_PROFILE=long $(PYTEST) $(PARALLEL) tests/campaign/test_stateful.py

.PHONY: sigkill
sigkill: $(READY) ## Kill the functions' processes at every call (a part of make campaign)
	$(WITH_PROVIDER) -m tests.campaign --group SIGKILL

.PHONY: check
check: $(READY) ## Check formatting, style and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy $(TYPED)

.PHONY: format
format: $(READY) ## Format the code, and fix what ruff can fix
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: build
build: $(READY) ## Build the functions into .aws-sam/build
	$(VENV)/bin/sam build

.PHONY: sbom
sbom: build ## Build, and write the artifact's bill of materials to dist/sbom.cdx.json (CycloneDX)
	@$(PYTHON) -m tools.sbom .aws-sam/build/RequestFunction dist/sbom.cdx.json

.PHONY: publish-check
publish-check: $(READY) ## Do everything that publishing does, except the upload (no account needed)
	@$(PYTHON) -m tools.publish_check

BUCKET_USAGE = { echo 'usage: make $@ BUCKET=... (docs/rollout.md)' >&2; exit 2; }

.PHONY: publish
publish: $(READY) ## sam publish, from a bucket that the repository can read: make publish BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@$(PYTHON) -m tools.publish_check
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)"
	$(VENV)/bin/sam publish --fail-on-same-version

.PHONY: stackset
stackset: $(READY) ## Write .aws-sam/stackset.json, with code from BUCKET-REGION in each region: make stackset BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@test -n "$(AWS_REGION)" || { echo 'AWS_REGION: the region whose bucket gets the code first' >&2; exit 2; }
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)-$(AWS_REGION)"
	$(PYTHON) -m tools.stackset_template .aws-sam/packaged.yaml "$(BUCKET)" .aws-sam/stackset.json

.PHONY: lock
lock: $(READY) ## Regenerate requirements/*.txt from requirements/*.in
	cd requirements && $(LOCK) --only-binary :all: --output-file runtime.txt runtime.in
	cd requirements && $(LOCK) --output-file dev.txt dev.in
	cd requirements && $(LOCK) --output-file scan.txt scan.in
	cd requirements && $(LOCK) --output-file tools.txt tools.in
	cd requirements && $(LOCK) --output-file bench.txt bench.in

# One file for every Python and platform, without a trace of where it was written.
LOCK = $(VENV)/bin/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: clean
clean: ## Remove everything that the other targets created, including .venv
	rm -rf .venv .aws-sam dist .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache
	find src lint bench local tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
