# make book        build the book into _build/html
# make pdf         print the built book as one PDF, _build/the-mask-is-the-model.pdf (one chapter: make pdf CHAPTER=03;
#                  with its folded code: FOLDS=open; its exercises alone, for a class: SHEET=yes)
# make test        run every test: package, notebooks, pages in a browser
# make check       run style, types and the fast unit tests: a minute or so
# make coverage    run the tests of the package, which must run 95 % of its lines, and name the lines that they do not
# make bench       time our code beside other programs, and record it: a quarter of an hour on two idle cores
# make test-colab  run the chapters on Colab's own versions
# make refresh     execute the chapters and store their text outputs (one: make refresh NB=chapters/03_masks.ipynb)
# make lint        check the style of code and notebooks
# make types       check the types of the package
# make lint-js     check the widgets' JavaScript, where there is npm
# make clean       remove what was built, keep the environments

SHELL   := /bin/bash
VENV    ?= .venv
COLAB   ?= .venv-colab
WORKERS ?= auto
BENCH   ?= training_speed mlm_step generate_speed scoring_speed context_cost
NB      ?= $(sort $(wildcard chapters/*.ipynb))

# The first Python that is new enough; 3.14 and newer come last, python3 too where it is one: the book's tools are not
# yet tried with them.
PYTHON ?= $(shell for end in 14 99; do for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$python -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, $$end))" 2>/dev/null && \
	echo $$python && exit; done; done)

# Colab's, where there is one.
COLAB_PYTHON ?= $(shell for python in python3.13 $(PYTHON); do \
	$$python -c '' 2>/dev/null && echo $$python && break; done)

# The chapters run in this environment, whatever kernels the reader has installed for other things.
export JUPYTER_PATH := $(abspath $(VENV))/share/jupyter

# One thread a process: the models are small, and threads that wait for each other on a busy machine
# make training several times slower.
export OMP_NUM_THREADS := 1

PYTEST  = PYDEVD_DISABLE_FILE_VALIDATION=1 $(1)/bin/python -m pytest -n $(WORKERS) --dist
FAST    = -q -m "not browser and not slow and not network" tests src
NBVAL   = --nbval-current-env --nbval-cell-timeout=120

.PHONY: book built pdf test check coverage bench test-colab refresh lint lint-js types fast clean

book: built
	@echo "The book is built. Open _build/html/index.html"

pdf: built
	$(VENV)/bin/python tools/pdf.py $(PAGES) $(CHAPTER) $(if $(FOLDS),--folds) $(if $(SHEET),--exercises)

# In the order of collection, where no long file comes last (tests/browser/conftest.py).
test: built
	@! command -v npm >/dev/null || $(MAKE) -s node_modules/.installed        # axe, which reads the pages
	$(call PYTEST,$(VENV)) loadscope --no-loadscope-reorder --nbval $(NBVAL) tests src chapters

# Types and tests side by side: the type checker uses one core only.
check: lint
	@$(MAKE) --no-print-directory -j 2 lint-js types fast

fast: $(VENV)/.installed
	$(call PYTEST,$(VENV)) loadscope $(FAST)

coverage: $(VENV)/.installed
	$(call PYTEST,$(VENV)) loadscope -q -m "not browser and not network" tests src --cov --cov-report=term:skip-covered

# One question a script, one thread, one after another: what runs beside a benchmark is measured with it.
bench: $(VENV)/.installed
	for each in $(BENCH); do $(VENV)/bin/python benchmarks/$$each.py || exit; done
	@echo "The records are in src/bertgpt_book/results; chapters/benchmarks.md shows them"

# The package comes from git, as on Colab; each chapter runs alone in a folder, where no checkout is in sight.
test-colab: $(COLAB)/.installed
	@git diff --quiet HEAD -- src || echo "note: src/ has uncommitted changes; the last commit is what is tested"
	$(COLAB)/bin/pip install -q --no-deps --force-reinstall "git+file://$(CURDIR)"
	@$(COLAB)/bin/python --version
	away=$$(mktemp -d) && trap 'rm -rf $$away' EXIT && \
	for each in chapters/*.ipynb; do (cd $$away && mkdir $$(basename $$each .ipynb)) && \
	  cp $$each $$away/$$(basename $$each .ipynb) || exit; done && cd $$away && \
	$(call PYTEST,$(abspath $(COLAB))) loadscope --nbval-lax $(NBVAL) .

refresh: $(VENV)/.installed
	$(VENV)/bin/python tools/refresh.py $(NB)

lint: $(VENV)/.installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check --quiet .

types: $(VENV)/.installed
	$(VENV)/bin/mypy

# Only npm's own packages are asked for, and none of their install scripts is run.
lint-js:
	@if command -v npm >/dev/null; then $(MAKE) -s node_modules/.installed && npm run --silent lint; \
	elif [ "$$CI" = true ]; then echo "lint-js needs npm, and there is none"; exit 1; \
	else echo "lint-js is skipped: there is no npm to lint the widgets' JavaScript with"; fi

clean:
	rm -rf _build .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage*

# Not a file's rule: make does not see that a file is gone. The chapters are executed first, on all cores; the book
# then takes their outputs from the cache.
built: $(VENV)/.installed
	@digest=$$($(VENV)/bin/python tools/stale.py) || { set -ex; \
	$(VENV)/bin/python tools/execute.py; \
	rm -rf _build/html; \
	$(VENV)/bin/jupyter-book build -W -n --keep-going --all .; \
	echo $$digest > _build/.built-from; }

node_modules/.installed: package.json package-lock.json
	npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

$(VENV)/.installed: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q -r requirements.txt -e ".[test]"
	@touch $@

$(COLAB)/.installed: tools/colab.txt
	@test -n "$(COLAB_PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found."; exit 1; }
	$(COLAB)/bin/python -m pip --version >/dev/null 2>&1 || $(COLAB_PYTHON) -m venv $(COLAB)
	$(COLAB)/bin/python -m pip install -q -r tools/colab.txt
	@touch $@
