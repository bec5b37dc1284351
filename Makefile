# Every target first runs its set-up (tools/prepare.py), which costs nothing the second time.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
# Tests that record mostly wait and compute little, so more processes run than the machine has cores (two).
PROCESSES ?= 3
# Chromium's renderer crashes about once in a few thousand takes; only tests hit by that are retried.
CRASHED = -raR --reruns 1 --only-rerun "Target crashed"
PYTEST = .venv/bin/python -m pytest --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder $(CRASHED)
ISOLATED ?=

.PHONY: help demo site sites notebooks docs docs-serve test test-all soak bench lint types metadata format wheel dist clean

help:
	@echo 'make demo               serve the demo at http://localhost:8000 (PORT=8001 for another port)'
	@echo 'make site               write the demo page into build/site, for any static host'
	@echo 'make docs               write the documentation site into build/docs'
	@echo 'make docs-serve         serve the documentation site (PORT=8001)'
	@echo 'make sites              write the demo page, the documentation and the notebook sites into build/sites'
	@echo 'make notebooks          serve the JupyterLite and marimo sites (PORT=8001; ISOLATED=1: with COOP and COEP)'
	@echo 'make test               run the tests (ARGS="-k stop" to select; PROCESSES=0 to run them one after another)'
	@echo 'make test-all           run these and the thorough ones, as CI does'
	@echo 'make soak               run the tests that make test-all leaves out'
	@echo 'make bench              measure, and write docs/performance.md (ARGS="--only stop,store" only prints)'
	@echo 'make lint               run the linters and type checkers (make types: only the type checkers)'
	@echo 'make metadata           check how PyPI will read the package, a part of make lint'
	@echo 'make format             format the Python files'
	@echo 'make wheel              build the wheel into dist/, with aac.js and flac.js beside it'
	@echo 'make dist               build the wheel, the source distribution, a zip with pages that record and the npm package, into dist/'
	@echo 'make clean              remove everything that was installed or built here'

demo:
	@$(PYTHON) tools/prepare.py demo
	@exec $(PYTHON) tools/serve.py --port "$(PORT)"

site:
	@$(PYTHON) tools/prepare.py demo
	@$(PYTHON) tools/static_site.py

# With the documentation and the notebooks below the demo, as the release workflow publishes them.
sites:
	@$(PYTHON) tools/prepare.py notebooks
	@$(PYTHON) tools/prepare.py docs
	@$(PYTHON) tools/prepare.py demo
	@$(PYTHON) tools/static_site.py sites

# With REPOSITORY_URL=https://…, links to other files of the repository lead there.
docs:
	@$(PYTHON) tools/prepare.py docs

docs-serve:
	@$(PYTHON) tools/prepare.py docs
	@exec .venv/bin/python tools/serve_docs.py --port "$(PORT)"

notebooks:
	@$(PYTHON) tools/prepare.py notebooks
	@exec .venv/bin/python tools/serve_notebooks.py --port "$(PORT)" $(if $(ISOLATED),--isolated)

test:
	@$(PYTHON) tools/prepare.py test
	$(PYTEST) $(ARGS)

test-all:
	@$(PYTHON) tools/prepare.py test-all
	$(PYTEST) -m "not soak" $(ARGS)

soak:
	@$(PYTHON) tools/prepare.py test-all
	$(PYTEST) -m soak $(ARGS)

# Results are saved if ARGS is empty or has --write.
bench:
	@$(PYTHON) tools/prepare.py bench
	.venv/bin/python -m benchmarks $(or $(ARGS),--write)

lint: types metadata
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types:
	@$(PYTHON) tools/prepare.py lint
	.venv/bin/mypy
	@$(PYTHON) tools/prepare.py node node_modules/typescript/bin/tsc

# The address stands for any: with none, the package has no links. The project publishes no address of its authors.
metadata:
	@$(PYTHON) tools/prepare.py lint
	@rm -rf build/metadata
	@REPOSITORY_URL=https://example.org/mediarecorder \
		.venv/bin/python -m build --no-isolation --outdir build/metadata >build/metadata.log 2>&1 || { cat build/metadata.log; exit 1; }
	.venv/bin/twine check --strict build/metadata/*
	.venv/bin/pyroma --min 10 --skip-tests AuthorEmail build/metadata/*.tar.gz

format:
	@$(PYTHON) tools/prepare.py lint
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

wheel:
	@$(PYTHON) tools/prepare.py wheel
	.venv/bin/python -m build --wheel --no-isolation
	cp py/mediarecorder/js/aac.js py/mediarecorder/js/flac.js dist/

# REPOSITORY_URL=https://… gives the package's metadata links to the repository (tools/long_description.py).
dist:
	@$(PYTHON) tools/prepare.py wheel
	@rm -rf dist
	.venv/bin/python -m build --no-isolation
	cp py/mediarecorder/js/aac.js py/mediarecorder/js/flac.js dist/
	@.venv/bin/python tools/release_zip.py dist
	@.venv/bin/python tools/npm_package.py dist

clean:
	rm -rf .venv node_modules benchmarks/peers/node_modules build dist py/mediarecorder/js py/packed .mypy_cache .pytest_cache .ruff_cache
