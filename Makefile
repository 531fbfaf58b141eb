# make demo    train on a real chromosome, evaluate, predict, draw, explain: about 5 minutes on two cores
# make test    the tests
# make lint    ruff and mypy
# make bench   speed, alone and beside the peers that are installed, and of explanations, in some fifteen minutes; wants a quiet machine
# make bench-accuracy   the accuracy table, four networks of ten minutes; seventeen short trainings that differ in a choice
# make bench-models GENOMES=folder    train the shipped models again, and judge what ships: three hours
# make bench-species GENOMES=folder   species left out, adaptation, confounders, the tree: some five hours
#   GENOMES has samplesheet.csv (species, kingdom, fasta, annotation) and splits.bed, what judges them;
#   benchmarks/readings.py wants a folder for each genome that it names, too
PYTHON ?= python3
BIN := .venv/bin
FLY := data/drosophila_melanogaster_chr4
GENOME := --fasta $(FLY)/genome.fa.gz --annotation $(FLY)/annotation.gtf.gz

CROSSVAL := --steps 800 --length 2048 --evaluations 4 --validation-bases 200000 --test-bases 8000000 --threads 1
VALIDATION := --validation-bases 3000000
CLADE := $(VALIDATION) --length 8192 --evaluations 1
ARABIDOPSIS := benchmark-data/arabidopsis
# Where OpenSpliceAI's own Arabidopsis networks were measured, within what is held out.
PEERS_STRETCH := --regions NC_003070.9:26,400,001-30,400,000
judge = $(BIN)/splicenet evaluate --model $(ARABIDOPSIS)/hybrid.splicenet --fasta $(ARABIDOPSIS)/genome.fa.gz --annotation $(ARABIDOPSIS)/annotation.gtf.gz
PRETRAIN := --steps 2500 --words 12 --length 2048 --validation-bases 300000 --evaluations 8 --test-bases 600000 --threads 1

.PHONY: demo test lint bench bench-accuracy bench-models bench-species clean

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
	$(BIN)/python benchmarks/training_speed.py
	$(BIN)/python benchmarks/speedups.py
	$(BIN)/python benchmarks/peers.py
	$(BIN)/python benchmarks/explain.py methods

bench-accuracy: .venv/ready
	$(BIN)/python benchmarks/arabidopsis.py
	$(judge) --reliability $(ARABIDOPSIS)/reliability.png
	$(judge) $(PEERS_STRETCH)
	$(BIN)/python benchmarks/screen.py

bench-models: .venv/ready
	$(BIN)/python benchmarks/train_models.py --genomes $(GENOMES) $(VALIDATION) --minutes 62 --untold 0.5
	$(BIN)/python benchmarks/train_models.py --genomes $(GENOMES) $(CLADE) --model animals --minutes 18
	$(BIN)/python benchmarks/train_models.py --genomes $(GENOMES) $(CLADE) --model plants --minutes 8
	$(BIN)/python benchmarks/train_models.py --genomes $(GENOMES) $(CLADE) --model fungi --minutes 5
	$(BIN)/python benchmarks/train_models.py --genomes $(GENOMES) $(CLADE) --model protists --minutes 6
	$(BIN)/python benchmarks/shipped.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/calibration.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/unannotated.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/readings.py --genomes $(GENOMES)

bench-species: .venv/ready
	$(BIN)/splicenet crossval $(GENOMES)/samplesheet.csv --holdout $(GENOMES)/splits.bed $(CROSSVAL) -o benchmark-data/crossval
	$(BIN)/python benchmarks/composition.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/transfer.py --genomes $(GENOMES) --draws 1 --steps 300
	$(BIN)/python benchmarks/adaptation.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/confounders.py --genomes $(GENOMES)
	$(BIN)/splicenet pretrain $(GENOMES)/*/genome.fa.gz --holdout benchmarks/pretrain.bed $(PRETRAIN) -o benchmark-data/pretrained.splicenet
	$(BIN)/python benchmarks/phylogeny.py benchmark-data/pretrained.splicenet $(GENOMES)/*/genome.fa.gz --windows 48 --seeds 2
	$(BIN)/python benchmarks/unseen.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/unseen.py --genomes $(GENOMES) --untold 0.5 --seeds 1 --steps 9000

clean:
	rm -rf .venv demo dist
