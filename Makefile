# The one door: `make help` lists what it opens.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup lab discover notebook test lint format bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## make .venv and install everything into it

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "TinyNet needs Python 3.11 or newer; try make PYTHON=python3.11"; exit 2; }
	@echo "Setting up $(VENV): this downloads the packages once and takes a minute or two."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@echo "Compiling the kernels, once."
	@$(BIN)/tinynet doctor --compile >/dev/null
	@touch $@

lab: $(READY) ## open the laboratory in the browser (the page is still to come)
	@echo "The laboratory's page is not built yet; 'make discover' shows the same journey in the terminal and as a report."

discover: $(READY) ## the whole journey, in the terminal and as discovery/report.html
	@$(BIN)/tinynet discover $(ARGS)

notebook: $(READY) ## open the journey in PyTorch, as a notebook
	@$(BIN)/python -c 'import jupyterlab' 2>/dev/null || \
		$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,notebook]'
	@$(BIN)/jupyter lab notebooks/discovery.ipynb

test: $(READY) ## lint, types, and every test: compiled, then the small cases with the JIT off
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q -m small
	$(BIN)/pytest -q -n 2 $(ARGS)

lint: $(READY) ## check the style and the types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(READY) ## lay out the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## time TinyNet beside PyTorch and print the ratios
	@$(BIN)/python benchmarks/bench.py

clean: ## remove the set-up and all that was generated
	rm -rf $(VENV) discovery dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
