# The same in plain pip and pytest: see README.md.
PYTHON ?= python3
VENV ?= .venv
# Plain PyPI's torch brings gigabytes of CUDA on Linux. Another source: TORCH_SOURCE=--find-links=FOLDER or --extra-index-url=URL
TORCH_SOURCE ?=
# Processes that share the tests among them; 0 for none but pytest itself.
WORKERS ?= 2
SIZE_local = about 1.5 GB to download (Spark 430 MB, torch 200 MB, Airflow and the rest), 3.5 GB on disk
SIZE_test = about 2.1 GB to download (Spark 430 MB, TensorFlow 550 MB, torch 200 MB, Airflow and the rest), 5.5 GB on disk
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check

.PHONY: demo test check install install-test clean

demo: install
	$(VENV)/bin/mlp demo

test: install-test
	$(VENV)/bin/python -m pytest --numprocesses=$(WORKERS) --durations=25

check: install-test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff check --preview --select AIR .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

install: $(VENV)/.installed-local
install-test: $(VENV)/.installed-test

$(VENV)/.installed-%: pyproject.toml constraints.txt
	@echo "Installing airflow-mlp[$*] into $(VENV): $(SIZE_$*)."
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade pip
	$(PIP) install --constraint constraints.txt $(TORCH_SOURCE) --editable '.[$*]'
	@# pyspark-client, which the Spark provider asks for, writes over files of pyspark: pyspark goes last.
	$(PIP) install --quiet --constraint constraints.txt --force-reinstall --no-deps pyspark
	touch $@

clean:
	$(VENV)/bin/mlp clean
