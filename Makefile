# Everything a developer runs. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Recipes share .venv, .aws-sam and .coverage.
.NOTPARALLEL:

VENV := $(CURDIR)/.venv
PYTHON := $(VENV)/bin/python
# Written last by setup, so that an interrupted set-up is done again.
READY := .venv/.ready

# sam, and the interpreter with which it builds, are those of .venv.
export PATH := $(VENV)/bin:$(PATH)
# Nothing but setup and lock goes to the network: the functions' packages are installed from wheels
# that setup has fetched (src/build_artifact.py), and sam keeps its notes in .venv, which say that it
# need not look for a newer release.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(VENV)/sam
# Whoever runs the tests has a Python path and warnings of their own.
unexport PYTHONPATH PYTHONHOME PYTHONWARNINGS

# For what calls the provider's own code, not what is deployed of it.
WITH_PROVIDER := PYTHONPATH=$(CURDIR)/src $(PYTHON)
PYTEST := $(PYTHON) -m pytest
# A file's tests stay together: they share what is costly to start.
PARALLEL := --numprocesses 2 --dist loadfile
# What style and types are checked in; ruff finds its files itself.
TYPED := src lint bench local tests $(wildcard tools)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Make .venv from requirements/dev.txt (every other target does it where it is needed)

PIP := $(PYTHON) -m pip -qq --disable-pip-version-check
# The lock files are complete, so nothing is resolved here.
LOCKED := --require-hashes --no-deps

# The runtime of the functions comes first. Each is tried: a python3.13 on the PATH may be one that
# only prints an error.
$(READY): requirements/dev.txt requirements/runtime.txt
	@rm -rf .venv; found=; \
	for candidate in python3.13 python3 python3.14 python3.12 python3.11; do \
	  if "$$candidate" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'Found no Python 3.11 or newer that has venv (Debian, Ubuntu: apt install python3-venv).' >&2; \
	  exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version) ..."; \
	"$$found" -m venv .venv
	@echo 'Installing what requirements/dev.txt names ...'
	@$(PIP) install $(LOCKED) -r requirements/dev.txt
	@$(PIP) download $(LOCKED) --only-binary :all: --platform any --implementation py --abi none \
	  --dest .venv/provider-wheels -r requirements/runtime.txt
	@mkdir -p .venv/sam
	@echo '{"telemetryEnabled": false, "lastVersionCheck": 32503680000.0}' > .venv/sam/metadata.json
	@touch $(READY)

# What names versions of what the tests need too, or is needed by few, has an environment of its own:
# checkov (scan), the AWS CLI and the CDK of those who use the provider (tools), Lambda's client for
# its runtime (bench). The demo need not wait for any of them.
SCANNER := .venv/scan/.ready
TOOLS := .venv/tools/.ready
BENCH := .venv/bench/.ready

# The CDK unpacks itself when it runs for the first time: not in the middle of a test.
.venv/%/.ready: requirements/%.txt $(READY)
	@rm -rf .venv/$*
	@$(PYTHON) -m venv .venv/$*
	@echo 'Installing what requirements/$*.txt names ...'
	@.venv/$*/bin/python -m pip -qq --disable-pip-version-check install $(LOCKED) -r $<
	@$(if $(filter tools,$*),$(PYTHON) -m tests.e2e.tools)
	@touch $@

.PHONY: demo
demo: $(READY) ## Take an endpoint through its life on an embedded AWS (no account needed)
	@$(PYTHON) -m local.demo

.PHONY: demo-picture
demo-picture: $(READY) ## Run the demo, and draw docs/demo.svg from what the terminal showed
	@$(PYTHON) -m local.demo --svg docs/demo.svg

.PHONY: watch
watch: $(READY) ## Show the watchman at work, on an embedded AWS
	@$(PYTHON) -m local.watch

.PHONY: local
local: $(READY) ## Start the embedded AWS, print how to talk to it, and keep it running
	@$(PYTHON) -m local

.PHONY: invoke
invoke: $(READY) ## Run one event through the handler: make invoke EVENT=events/create.json
	@test -n "$(EVENT)" || { echo 'usage: make invoke EVENT=events/create.json' >&2; exit 2; }
	@$(WITH_PROVIDER) -m local.invoke "$(EVENT)"

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
test-lint: $(READY) ## Check the rules for cfn-lint, and the package that they come in
	$(PYTEST) $(PARALLEL) tests/lint

.PHONY: test-security
test-security: $(READY) ## Send hostile events, and ask the policies who may call what
	$(PYTEST) $(PARALLEL) tests/security

.PHONY: hostile
hostile: $(READY) ## Send tens of thousands of hostile events, new ones each time (some twenty minutes)
	HYPOTHESIS_PROFILE=long $(PYTEST) $(PARALLEL) tests/security

.PHONY: scan
scan: $(SCANNER) ## Scan the template with checkov: whatever it finds must be explained
	$(PYTHON) -m tests.security.scan

.PHONY: crhelper-facts
crhelper-facts: $(READY) ## Show what stock crhelper does at each number of docs/crhelper.md
	@$(WITH_PROVIDER) -m tests.crhelper

.PHONY: docs
docs: $(READY) ## Write docs/reference.md anew from the resource's schema
	@$(PYTHON) -m tools.reference

.PHONY: models
models: $(READY) ## Write src/provider/models/ anew: what the provider calls, of the locked SDK's models
	@$(PYTHON) -m tools.models

.PHONY: load
load: $(READY) ## Put 1,000 operations in flight at once, and write docs/load.md: some minutes
	@$(WITH_PROVIDER) -m local.load --report docs/load.md

.PHONY: bench
bench: $(READY) $(TOOLS) $(BENCH) ## Measure this provider beside its peers, and write docs/benchmarks.md: some 20 minutes
	@$(WITH_PROVIDER) -m bench --report docs/benchmarks.md

.PHONY: campaign
campaign: $(READY) ## Let everything fail that can, and write docs/reliability.md
	$(WITH_PROVIDER) -m tests.campaign --report docs/reliability.md

.PHONY: stateful
stateful: $(READY) ## Play thousands of drawn steps of several stacks, new ones each time
	HYPOTHESIS_PROFILE=long $(PYTEST) $(PARALLEL) tests/campaign/test_stateful.py

.PHONY: sigkill
sigkill: $(READY) ## Kill the functions' processes at every call: a part of make campaign
	$(WITH_PROVIDER) -m tests.campaign --group SIGKILL

.PHONY: check
check: $(READY) ## Check formatting, style and types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy $(TYPED)

.PHONY: format
format: $(READY) ## Format the code, and mend what ruff can mend
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: build
build: $(READY) ## Build the functions into .aws-sam/build
	$(VENV)/bin/sam build

.PHONY: sbom
sbom: build ## Build, and write what is in the artifact to dist/sbom.cdx.json (CycloneDX)
	@$(PYTHON) -m tools.sbom .aws-sam/build/RequestFunction dist/sbom.cdx.json

.PHONY: publish-check
publish-check: $(READY) ## Do everything that publishing would do, short of the upload (no account needed)
	@$(PYTHON) -m tools.publish_check

BUCKET_USAGE = { echo 'usage: make $@ BUCKET=... (docs/rollout.md)' >&2; exit 2; }

.PHONY: publish
publish: $(READY) ## sam publish, from a bucket that the repository may read: make publish BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@$(PYTHON) -m tools.publish_check
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)"
	$(VENV)/bin/sam publish --fail-on-same-version

.PHONY: stackset
stackset: $(READY) ## Write .aws-sam/stackset.json, with code from BUCKET-REGION in each region: BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@test -n "$(AWS_REGION)" || { echo 'AWS_REGION: the region whose bucket gets the code first' >&2; exit 2; }
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)-$(AWS_REGION)"
	$(PYTHON) -m tools.stackset_template .aws-sam/packaged.yaml "$(BUCKET)" .aws-sam/stackset.json

.PHONY: lock
lock: $(READY) ## Write requirements/*.txt anew from requirements/*.in
	cd requirements && $(LOCK) --only-binary :all: --output-file runtime.txt runtime.in
	cd requirements && $(LOCK) --output-file dev.txt dev.in
	cd requirements && $(LOCK) --output-file scan.txt scan.in
	cd requirements && $(LOCK) --output-file tools.txt tools.in
	cd requirements && $(LOCK) --output-file bench.txt bench.in

# One file for every Python and platform, and no trace of where it was written.
LOCK = $(VENV)/bin/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: clean
clean: ## Remove what the other targets made, .venv included
	rm -rf .venv .aws-sam dist .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache
	find src lint bench local tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
