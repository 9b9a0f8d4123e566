# demo: see it work.  test: every check.  slicer-test: the 3D Slicer extension.  bench: the figures of speed and accuracy.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench slicer-environments slicer-test clean

demo: $(VENV)/installed
	@$(BIN)/vfa assess sample_data --clinical sample_data/clinical.toml --out demo --progress none

test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What the Slicer extension is tested in; made once, and again when what it is made of changes.
slicer-environments: $(VENV)/installed-dev
	$(BIN)/python -m tests.slicer.environments

slicer-test: slicer-environments
	VFA_REQUIRE_ALL_TESTS=1 $(BIN)/python -m pytest tests/slicer

bench: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.accuracy --page docs/accuracy.md
	$(BIN)/python -m benchmarks.normal_spines
	$(BIN)/python -m benchmarks.measure_speed
	$(BIN)/python -m benchmarks.whole_path
	$(BIN)/python -m benchmarks.eligibility
	$(BIN)/python -m benchmarks.intake
	$(BIN)/python -m benchmarks.fuzzed_intake
	$(BIN)/python -m benchmarks.report

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "vfa needs Python 3.10 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 demo"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python cannot make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/installed

clean:
	rm -rf $(VENV) .slicer demo
