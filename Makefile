# Every target makes what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The browser's driver keeps an event loop of its own, so its tests run apart from the others.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4
ROOMS := $(PYTEST) --dist worksteal -m "not browser"
BROWSER := $(PYTEST) --dist loadfile -m browser
# Every worker compiles every test anew where Python is told to keep nothing.
unexport PYTHONDONTWRITEBYTECODE
DATA_DIR ?= data
PORT ?= 8000
export DATA_DIR PORT

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast check fix migrate demo bench lighthouse campaign messages lock audit release clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.runtime: requirements/runtime.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt -r requirements/dev.txt
	touch $@

install: $(VENV)/.runtime ## Make the environment and install what the product needs

migrate: install ## Bring the database to the newest schema
	$(BIN)/python -m app migrate

demo: migrate ## Load the demo estate (once)
	DEMO=true $(BIN)/python -m app demo

run: demo ## Serve the demo on http://127.0.0.1:$(PORT), worker inside
	DEMO=true $(BIN)/python -m app serve

test: $(VENV)/.dev ## Run everything: checks, unit, both databases, browser
	sh scripts/machine.sh
	$(MAKE) --no-print-directory check
	$(ROOMS)
	$(BROWSER)

test-fast: $(VENV)/.dev ## The suite without the browser
	$(ROOMS)

check: $(VENV)/.dev ## Format, lint, types, import directions, templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint app/templates --check --quiet
	$(BIN)/djlint app/templates --lint --quiet

fix: $(VENV)/.dev ## Format and mend what a machine can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	$(BIN)/djlint app/templates --reformat --quiet || true

campaign: $(VENV)/.dev ## The long form: races, crashes, lives of votes, tampering, pages on both databases (hours)
	CAMPAIGN=1 $(BIN)/python -m pytest tests/services/test_races.py tests/services/test_crash.py tests/services/test_vote_life.py tests/services/votes/test_package_alterations.py tests/routers

bench: $(VENV)/.dev ## Measure speed as ratios within one run
	$(BIN)/python scripts/bench.py

lighthouse: $(VENV)/.dev ## Let Lighthouse score the ballot page as on a cheap telephone
	$(BIN)/python scripts/lighthouse.py

messages: $(VENV)/.dev ## Collect the interface's sentences into the English catalogue
	$(BIN)/python scripts/messages.py

lock: $(VENV)/.dev ## Renew the lock files from the .in files
	cd requirements && for name in runtime dev; do ../$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --no-header --no-annotate --strip-extras --allow-unsafe \
	  --output-file=$$name.txt $$name.in || exit 1; done

audit: $(VENV)/.dev ## List what we stand on in build/sbom.cdx.json, and ask whether any of it has a known hole
	$(BIN)/python scripts/audit.py

release: $(VENV)/.dev ## Make a signed release in build/release (RELEASE_KEY names the private key)
	$(BIN)/python -m scripts.release

clean: ## Remove the environment and the demo's data
	rm -rf $(VENV) $(DATA_DIR) build
