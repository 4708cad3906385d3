# make demo: install and watch a heal.  make test: install and run every test.  Either may come first.
VENV   := .venv
PYTHON ?= python3
BIN    := $(VENV)/bin

.PHONY: demo test test-heavy check bench bench-model bench-incidents attacks docs lock clean

demo: $(VENV)/.ready
	@$(BIN)/prunella demo $(ARGS)

# Half of a test's time is waiting (on servers, probes, windows), so three workers share even two cores well.
test: $(VENV)/.ready
	@$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

test-heavy: $(VENV)/.ready
	@$(BIN)/python -m pytest -m heavy $(ARGS)

check: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/typos
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.ready
	@$(BIN)/python -m bench $(ARGS)

# URL of an OpenAI-compatible server with a small model; rivals get an environment of their own.
bench-model: $(VENV)/.ready
	@$(BIN)/python -m bench.model $(URL) $(ARGS)

# Real faults on real servers: nginx, PostgreSQL and Redis from the system's packages, HAProxy where it is installed.
bench-incidents: $(VENV)/.ready
	@$(BIN)/python -m bench.incidents $(ARGS)

# Attackers' words in every place that agents read; and, with ARGS="--fuzz 10000", the worst plans there are.
attacks: $(VENV)/.ready
	@$(BIN)/python -m bench.attacks $(ARGS)

docs: $(VENV)/.ready
	@$(BIN)/python -m pytest tests/docs $(ARGS)

# Hashes, and no address of where a package comes from.
lock:
	uv pip compile -q --generate-hashes --no-emit-index-url --universal --python-version 3.11 --no-header \
	  pyproject.toml --extra models --extra sandbox --extra docker --extra e2b --extra encryption --extra otel --extra postgres --extra redis --extra embeddings --group dev -o requirements/dev.txt

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Prunella needs Python 3.11 or newer: make PYTHON=python3.11") if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis
