# Two commands on a fresh machine: `make run` and `make test`.  `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup run test check format bench faults kafka

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
LOCKS := requirements-bootstrap.lock requirements.lock pyproject.toml

# The newest supported Python on the path; override with `make run PYTHON=/path/to/python3`.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## install everything into .venv (every file checked against its hash)

$(READY): $(LOCKS)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Throughline needs Python 3.11 or later, and none is on the path: install it (on Debian: apt-get install python3 python3-venv) and run make again." >&2; exit 2; fi
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Throughline needs Python 3.11 or later, and $(PYTHON) is older: name a newer one with make PYTHON=/path/to/python3." >&2; exit 2; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv or pip: install them (on Debian: apt-get install python3-venv) and run make again." >&2; exit 2; }
	@echo "Setting up $(VENV) (once; a few minutes on a slow line)."
	@if ! "$(BIN)/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then "$(PYTHON)" -m venv --clear "$(VENV)"; fi
	@"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" "$(BIN)/uv" pip install --quiet --no-build-isolation --no-deps --editable .
	@touch "$(READY)"

run: $(READY) ## start everything with demonstration data (Ctrl-C stops it)
	@exec "$(BIN)/throughline" up

test: $(READY) ## run the tests
	@"$(BIN)/python" -m pytest --numprocesses auto --maxprocesses 4

check: $(READY) ## lint, format, types and import rules
	@"$(BIN)/ruff" check .
	@"$(BIN)/ruff" format --check .
	@"$(BIN)/mypy"
	@"$(BIN)/lint-imports"

format: $(READY) ## put the code into its one format
	@"$(BIN)/ruff" check --fix-only --quiet .
	@"$(BIN)/ruff" format .

bench: $(READY) ## run the benchmarks into bench/results.json (one: make bench ONLY=relay)
	@"$(BIN)/throughline" bench $(if $(ONLY),--only "$(ONLY)") $(if $(ROUNDS),--rounds "$(ROUNDS)") $(if $(SCALE),--scale "$(SCALE)")

kafka: $(READY) ## run Apache Kafka on this machine for `throughline up --bus` (three brokers: make kafka BROKERS=3)
	@exec "$(BIN)/python" -m deploy.kafka --brokers "$(or $(BROKERS),1)" $(if $(STATE),--state "$(STATE)") $(if $(PORT),--port "$(PORT)")

faults: $(READY) ## break a running system ten times over and count what is lost (about an hour; SEED= RUNS= FAULTS= REFERRALS= BUS= SCHEDULE=)
	@"$(BIN)/python" -m faults $(if $(SEED),--seed "$(SEED)") $(if $(RUNS),--runs "$(RUNS)") $(if $(FAULTS),--faults "$(FAULTS)") \
		$(if $(REFERRALS),--referrals "$(REFERRALS)") $(if $(BUS),--bus "$(BUS)") $(if $(SCHEDULE),--schedule "$(SCHEDULE)") $(if $(OUT),--out "$(OUT)")
