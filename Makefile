# Everything a developer runs. `make` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Recipes share .venv, .aws-sam and .coverage.
.NOTPARALLEL:

VENV := $(CURDIR)/.venv
VENV_PYTHON := $(VENV)/bin/python
# Written last by setup, so that an interrupted setup runs again.
READY := .venv/.ready

# Where make finds what .venv is made with.
BASE_PATH := $(subst $(VENV)/bin:,,$(PATH))
# sam, and the interpreter that it builds with, are those of .venv.
export PATH := $(VENV)/bin:$(PATH)
# Only setup and lock use the network. The functions' packages are installed from wheels that setup
# has downloaded (src/build_artifact.py). sam keeps its metadata in .venv; it says that sam need not
# check for a newer release.
export SAM_CLI_TELEMETRY := 0
export __SAM_CLI_APP_DIR := $(VENV)/sam
# Ignore the Python path and warnings of whoever runs the tests.
unexport PYTHON PYTHONPATH PYTHONHOME PYTHONWARNINGS

# For targets that call the provider's code directly, not the deployed artifact.
WITH_PROVIDER := PYTHONPATH=$(CURDIR)/src $(VENV_PYTHON)
PYTEST := $(VENV_PYTHON) -m pytest
# The tests of a file run in one process: they share what is slow to start. Files begin in the order
# given, the longest first.
PARALLEL := --numprocesses 2 --dist loadfile --no-loadscope-reorder
# Where types are checked. ruff finds its files by itself.
TYPED := src lint bench local testing tests tools

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Create .venv from requirements/dev.txt (every other target does this when needed)

PIP := -m pip -qq --disable-pip-version-check
# The lock files are complete, so nothing is resolved here.
LOCKED := --require-hashes --no-deps

# What .venv is made with: PYTHON on the command line (in the environment it is another project's), or
# the first that works. 3.13, the functions' runtime, comes before the others. Each candidate is tried,
# because a python3.13 on the PATH may only print an error.
ifneq ($(origin PYTHON),command line)
PYTHON :=
endif
PYENV_3.13 := $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.13.*[0-9]/bin/python3.13)
CANDIDATES := $(or $(PYTHON),python3.13 $(PYENV_3.13) python3 python3.14 python3.12 python3.11)
USABLE := import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))

# If another interpreter made .venv than the one that is given, .venv is made anew.
ifneq ($(PYTHON),)
IDENTITY := import sys; print(sys.base_prefix, sys.version)
identity = $(shell { PATH="$(BASE_PATH)" "$(1)" -c '$(IDENTITY)'; } 2>/dev/null || echo $(1))
ifneq ($(call identity,$(PYTHON)),$(call identity,$(VENV_PYTHON)))
.PHONY: $(READY)
endif
endif

$(READY): requirements/dev.txt requirements/runtime.txt
	@export PATH="$(BASE_PATH)"; found=; \
	for candidate in $(CANDIDATES); do \
	  if "$$candidate" -c '$(USABLE)' >/dev/null 2>&1; then found="$$candidate"; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'None of these is Python 3.11 or newer with venv (Debian, Ubuntu: apt install python3-venv):' \
	    '$(CANDIDATES)' >&2; \
	  exit 1; \
	fi; \
	echo "Making .venv with $$("$$found" --version) ..."; \
	"$$found" -m venv --clear .venv
	@echo 'Installing the packages in requirements/dev.txt ...'
	@$(VENV_PYTHON) $(PIP) install $(LOCKED) -r requirements/dev.txt
	@$(VENV_PYTHON) $(PIP) download $(LOCKED) --only-binary :all: --platform any --implementation py --abi none \
	  --dest .venv/provider-wheels -r requirements/runtime.txt
	@mkdir -p .venv/sam
	@echo '{"telemetryEnabled": false, "lastVersionCheck": 32503680000.0}' > .venv/sam/metadata.json
	@touch $(READY)

# Programs in an environment of their own, because their packages conflict with the tests': the AWS CLI,
# the CDK, checkov, and Node.js with textlint. The demo does not wait for it.
TOOLS := .venv/tools/.ready
NPM := package.json package-lock.json .npmrc

# The CDK unpacks itself when it first runs. This must not happen during a test.
$(TOOLS): requirements/tools.txt $(NPM:%=tools/prose/%) $(READY)
	@echo 'Installing the packages in requirements/tools.txt ...'
	@$(VENV_PYTHON) -m venv --clear .venv/tools
	@.venv/tools/bin/python $(PIP) install $(LOCKED) -r $<
	@cp $(NPM:%=tools/prose/%) .venv/tools
	@cd .venv/tools && bin/npm --loglevel error ci >/dev/null
	@$(VENV_PYTHON) -m tests.e2e.tools
	@touch $@

.PHONY: demo
demo: $(READY) ## Take an endpoint through its whole life on an embedded AWS (no account needed)
	@$(VENV_PYTHON) -m local.demo

.PHONY: demo-picture
demo-picture: $(READY) ## Run the demo, and draw docs/demo.svg from what the terminal showed
	@$(VENV_PYTHON) -m local.demo --svg docs/demo.svg

.PHONY: orphan-scan
orphan-scan: $(READY) ## Show the orphan scan at work, on an embedded AWS
	@$(VENV_PYTHON) -m local.orphan_scan

.PHONY: local
local: $(READY) ## Start the embedded AWS, print how to talk to it, and keep it running
	@$(VENV_PYTHON) -m local

.PHONY: invoke
invoke: $(READY) ## Run one event through the handlers: make invoke EVENT=events/create.json [LOG=1]
	@test -n "$(EVENT)" || { echo 'usage: make invoke EVENT=events/create.json' >&2; exit 2; }
	@$(WITH_PROVIDER) -m local.invoke $(if $(LOG),--log) "$(EVENT)"

.PHONY: test
test: $(READY) $(TOOLS) ## Run all tests, and print the branch coverage of src/provider
	$(PYTEST) $(PARALLEL) tests/unit tests/functional --cov
	$(PYTEST) $(PARALLEL) tests/e2e tests/campaign tests/template tests/lint tests/security tests/load tests/bench

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
test-template: $(READY) $(TOOLS) ## Check template, examples, state machines, permissions and artifact
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
scan: $(TOOLS) ## Scan the template with checkov: every finding must be explained
	$(VENV_PYTHON) -m tests.security.scan

.PHONY: docs
docs: $(READY) ## Regenerate docs/reference.md from the resource's schema
	@$(VENV_PYTHON) -m tools.reference

.PHONY: models
models: $(READY) ## Regenerate src/provider/aws/models/ from the locked SDK: only what the provider calls
	@$(VENV_PYTHON) -m tools.models

.PHONY: load
load: $(READY) ## Run 1,000 operations at once, and write docs/load.md (some minutes)
	@$(WITH_PROVIDER) -m tests.load --report docs/load.md

.PHONY: bench
bench: $(READY) $(TOOLS) ## Measure this provider and its peers, and write docs/benchmarks.md (about 20 minutes)
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
check: $(READY) $(TOOLS) ## Check formatting, style, types and prose
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy $(TYPED)
	$(VENV_PYTHON) -m tools.prose.check

.PHONY: format
format: $(READY) ## Format the code, and fix what ruff can fix
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: build
build: $(READY) ## Build the functions into .aws-sam/build
	$(VENV)/bin/sam build

.PHONY: sbom
sbom: build ## Build, and write the artifact's bill of materials to dist/sbom.cdx.json (CycloneDX)
	@$(VENV_PYTHON) -m tools.sbom .aws-sam/build/RequestFunction dist/sbom.cdx.json

.PHONY: publish-check
publish-check: $(READY) ## Do everything that publishing does, except the upload (no account needed)
	@$(VENV_PYTHON) -m tools.publish_check

BUCKET_USAGE = { echo 'usage: make $@ BUCKET=... (docs/rollout.md)' >&2; exit 2; }

.PHONY: publish
publish: $(READY) ## sam publish, from a bucket that the repository can read: make publish BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@$(VENV_PYTHON) -m tools.publish_check
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)"
	$(VENV)/bin/sam publish --fail-on-same-version

.PHONY: stackset
stackset: $(READY) ## Write .aws-sam/stackset.json, with code from BUCKET-REGION in each region: make stackset BUCKET=...
	@test -n "$(BUCKET)" || $(BUCKET_USAGE)
	@test -n "$(AWS_REGION)" || { echo 'AWS_REGION: the region whose bucket gets the code first' >&2; exit 2; }
	$(VENV)/bin/sam build
	$(VENV)/bin/sam package --s3-bucket "$(BUCKET)-$(AWS_REGION)"
	$(VENV_PYTHON) -m tools.stackset_template .aws-sam/packaged.yaml "$(BUCKET)" .aws-sam/stackset.json

.PHONY: lock
lock: $(READY) $(TOOLS) ## Regenerate requirements/*.txt and tools/prose/package-lock.json
	cd requirements && $(LOCK) --only-binary :all: --output-file runtime.txt runtime.in
	cd requirements && $(LOCK) --output-file dev.txt dev.in
	cd requirements && $(LOCK) --output-file tools.txt tools.in
	cd tools/prose && $(VENV)/tools/bin/npm --loglevel error update --package-lock-only

# One file for every Python and platform, without a trace of where it was written.
LOCK = $(VENV)/bin/uv --no-config pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: clean
clean: ## Remove everything that the other targets created, including .venv
	rm -rf .venv .aws-sam dist .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache
	find src lint bench local testing tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
