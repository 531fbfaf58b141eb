# make demo    train on a real chromosome, evaluate, predict, draw, explain: about 5 minutes on two cores
# make test    the tests
# make lint    ruff and mypy
# make bench   the speed of prediction, in a few minutes; wants a quiet machine
# make bench-accuracy   the accuracy table: four networks, 20 minutes of training each
PYTHON ?= python3
BIN := .venv/bin
FLY := data/drosophila_melanogaster_chr4
GENOME := --fasta $(FLY)/genome.fa.gz --annotation $(FLY)/annotation.gtf.gz

.PHONY: demo test lint bench bench-accuracy clean

.venv/ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --constraint requirements-dev.txt --editable .
	touch $@

demo: .venv/ready
	mkdir -p demo
	$(BIN)/splicenet train $(GENOME) --species fly --minutes 2.5 --restart -o demo/model.splicenet
	$(BIN)/splicenet evaluate -m demo/model.splicenet $(GENOME) --baselines --plot demo/precision_recall.png
	$(BIN)/splicenet predict $(FLY)/genome.fa.gz -m demo/model.splicenet -o demo/sites.bed.gz --bigwig demo/chr4
	$(BIN)/splicenet draw $(GENOME) -m demo/model.splicenet -o demo/gene.png
	$(BIN)/splicenet explain $(FLY)/genome.fa.gz -m demo/model.splicenet -a $(FLY)/annotation.gtf.gz --max-sites 20 -o demo/explained
	@echo "Look at demo/gene.png, demo/precision_recall.png and demo/explained/explanation.html;"
	@echo "open demo/sites.bed.gz and demo/*.bw in IGV."

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/ready
	$(BIN)/python benchmarks/speed.py

bench-accuracy: .venv/ready
	$(BIN)/python benchmarks/arabidopsis.py

clean:
	rm -rf .venv demo dist
