# make lab      a fresh clone to JupyterLab on the tour notebook; needs Python 3.10 or newer and nothing else
# make test     everything CI checks; the last line is pytest's
# make fast     the fast Python tests alone: no browser, no torture
# make torture  the faults of tests/torture in their long form, an hour or two
# make bench    figures against peers, side by side in one run, about five minutes
# make panel    the panel's bundle
# make clean    back to a fresh clone

# Any Python that is new enough and can make a virtual environment; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1 && { echo $$p; break; }; done)

VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := .stamps
# The environment's own node, jlpm and jupyter-builder come first.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# One client for all: a proxy or mirror that pip and jlpm are set up for is used as it is.
# What is imported is compiled then, and kept: compiling all that is installed took as long as installing it. Where the
# environment forbids to keep it, each of the hundreds of processes that the tests start would compile it all again.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# A file's tests share what they set up, so a file stays with one worker. One more worker than cores: tests of servers,
# kernels and pages wait for those a good part of their time.
PYTEST = $(BIN)/python -m pytest --dist=loadfile --no-loadscope-reorder \
	--numprocesses=$$($(BIN)/python -c 'import os; print(min(4, 1 + (os.cpu_count() or 1)))')

PANEL_SOURCES := $(shell find labextension -type f -not -path 'labextension/lib/*' -not -name '*.tsbuildinfo')
# What an editable install copies instead of linking: a change there means installing again.
COPIED := pyproject.toml package.json install.json session_state_ext/kernel/startup.py $(wildcard jupyter-config/*/*)

.PHONY: lab test check check-python check-panel fast torture bench panel chromium clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

# Copies, for Jupyter writes the kernel's version into a notebook as soon as it is opened.
PLAYGROUND := $(patsubst notebooks/%,playground/%,$(wildcard notebooks/*.ipynb))

lab: $(STAMPS)/env-lab $(STAMPS)/linked $(PLAYGROUND)
	$(BIN)/python -m jupyterlab --ServerApp.ip=127.0.0.1 $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(LAB_ARGS) playground/tour.ipynb

playground/%.ipynb: notebooks/%.ipynb
	@mkdir -p playground
	@cp $< $@

# pytest comes last: whoever reads the end of the output reads how many tests ran.
test: check chromium
	$(PYTEST)

# The two halves side by side: the Python half is silent until the other has ended.
check: $(STAMPS)/env-test $(STAMPS)/linked
	@$(MAKE) --no-print-directory check-python >$(STAMPS)/check-python.log 2>&1 & python=$$!; \
	$(MAKE) --no-print-directory check-panel; panel=$$?; \
	wait $$python; status=$$?; cat $(STAMPS)/check-python.log; [ $$panel = 0 ] && exit $$status

check-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-panel:
	$(BIN)/jlpm run lint
	$(BIN)/jlpm run typecheck
	$(BIN)/jlpm run test

fast: $(STAMPS)/env-test
	$(PYTEST) -m 'not slow'

# A fresh seed each time, which is printed; TORTURE_SEED=... repeats one. docs/reliability.md has what it once found.
torture: $(STAMPS)/env-test
	TORTURE=long $(BIN)/python -m pytest -s --timeout=7200 tests/torture

# Prints the table and writes bench.json; ROWS="post get" measures these alone. docs/speed.md has the table of a run.
bench: $(STAMPS)/env-test $(STAMPS)/linked
	$(BIN)/python -m tests.benchmarks $(ROWS)

panel: $(STAMPS)/env-lab $(STAMPS)/linked

chromium: $(STAMPS)/env-test
	@$(BIN)/python tests/browser/chromium.py

$(BIN)/python:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.10 or newer with venv is needed (on Debian: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The panel is built once, by the rules below, and linked; so the install's own build of it is skipped.
# The link goes first, for pip would follow it and remove what it points to.
EDITABLE = rm -rf $(VENV)/share/jupyter/labextensions/session-state-ext && mkdir -p $(STAMPS) session_state_ext/labextension \
	&& SKIP_JUPYTER_BUILDER=1 $(PIP_INSTALL) --editable

$(STAMPS)/env-lab: $(BIN)/python $(COPIED)
	$(EDITABLE) '.[lab]'
	@touch $@

# Holds all that env-lab holds, hence both stamps.
$(STAMPS)/env-test: $(BIN)/python $(COPIED)
	$(EDITABLE) '.[dev]'
	@touch $(STAMPS)/env-lab $@

$(STAMPS)/node_modules: package.json yarn.lock .yarnrc.yml | $(STAMPS)/env-lab
	$(BIN)/jlpm install >$@.log || { cat $@.log; exit 1; }
	@touch $@

$(STAMPS)/bundle: $(STAMPS)/node_modules $(PANEL_SOURCES)
	$(BIN)/jlpm run build:prod
	@touch $@

$(STAMPS)/linked: $(STAMPS)/bundle $(STAMPS)/env-lab
	$(BIN)/jupyter-builder develop --overwrite .
	@touch $@

clean:
	rm -rf $(VENV) $(STAMPS) node_modules dist playground labextension/lib session_state_ext/labextension tests/browser/screenshots
