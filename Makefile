# make demo    train on a real chromosome, evaluate, predict, draw, explain: about 5 minutes on two cores
# make test    the tests
# make lint    ruff and mypy
# make bench   speed, alone and beside the peers that are installed, and of explanations, in some fifteen minutes; wants a quiet machine
# make bench-accuracy   the accuracy table, four networks of ten minutes; seventeen short trainings that differ in a choice
# make bench-models GENOMES=folder    train such models as ship from nothing, and judge what ships: three hours
# make bench-species GENOMES=folder   species left out, adaptation, confounders, the tree: some three hours
# make bench-pages GENOMES=folder    cells, tasks, explanations, variants, introns: what the pages of docs/ say; some three hours
#   (rows that stand in benchmarks/results are kept: remove a file there to make it again)
#   GENOMES has samplesheet.csv (species, kingdom, fasta, annotation) and splits.bed, what judges them;
#   benchmarks/readings.py wants a folder for each genome that it names, too
PYTHON ?= python3
BIN := .venv/bin
FLY := data/drosophila_melanogaster_chr4
GENOME := --fasta $(FLY)/genome.fa.gz --annotation $(FLY)/annotation.gtf.gz

CROSSVAL := --frames 0 --steps 3000 --length 2048:8192 --evaluations 4 --validation-bases 500000 --test-bases 8000000 --threads 1
VALIDATION := --validation-bases 3000000
CLADE := $(VALIDATION) --length 8192 --evaluations 1
ARABIDOPSIS := benchmark-data/arabidopsis
# Where OpenSpliceAI's own Arabidopsis networks were measured, within what is held out.
PEERS_STRETCH := --regions NC_003070.9:26,400,001-30,400,000
judge = $(BIN)/splicenet evaluate --model $(ARABIDOPSIS)/hybrid.splicenet --fasta $(ARABIDOPSIS)/genome.fa.gz --annotation $(ARABIDOPSIS)/annotation.gtf.gz
PRETRAIN := --steps 2500 --words 12 --length 2048 --validation-bases 300000 --evaluations 8 --test-bases 600000 --threads 1

# Explained pages: species, model that knows it, sites and bases on either side.
EXPLAINED := --output benchmark-data/explained --check --shuffles 2
explained = $(BIN)/python benchmarks/explain.py species --genomes $(GENOMES) --species $(1) --model $(2):$(1) --sites $(3) --context $(4) $(EXPLAINED)
THALIANA := $(GENOMES)/arabidopsis_thaliana_chr1
ELEGANS := $(GENOMES)/caenorhabditis_elegans
HUMAN := $(GENOMES)/homo_sapiens_chr20
CELLS := $(BIN)/python benchmarks/cells.py --minutes 1.5

.PHONY: demo test lint bench bench-accuracy bench-models bench-species bench-pages clean

.venv/ready: pyproject.toml requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	$(BIN)/python -m pip install --quiet --constraint requirements-dev.txt --editable .
	touch $@

demo: .venv/ready
	mkdir -p demo
	$(BIN)/splicenet train $(GENOME) --species fly --init universal --minutes 2.5 --restart -o demo/model.splicenet
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
	$(BIN)/python benchmarks/validated.py --genomes $(GENOMES) universal animals plants fungi protists
	$(BIN)/python benchmarks/calibration.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/unannotated.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/readings.py --genomes $(GENOMES)

bench-species: .venv/ready
	$(BIN)/splicenet crossval $(GENOMES)/samplesheet.csv --holdout $(GENOMES)/splits.bed $(CROSSVAL) -o benchmark-data/crossval
	$(BIN)/splicenet crossval $(GENOMES)/samplesheet.csv --holdout $(GENOMES)/splits.bed $(CROSSVAL) --frames 128 --no-ceiling -o benchmark-data/crossval_frames
	$(BIN)/python benchmarks/copies.py --genomes $(GENOMES) --crossval benchmark-data/crossval_frames
	$(BIN)/python benchmarks/self_training.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/composition.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/transfer.py --genomes $(GENOMES) --draws 3 --steps 300
	$(BIN)/python benchmarks/adaptation.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/confounders.py --genomes $(GENOMES)
	$(BIN)/splicenet pretrain $(GENOMES)/*/genome.fa.gz --holdout benchmarks/pretrain.bed $(PRETRAIN) -o benchmark-data/pretrained.splicenet
	$(BIN)/python benchmarks/phylogeny.py benchmark-data/pretrained.splicenet $(GENOMES)/*/genome.fa.gz --windows 48 --seeds 2
	$(BIN)/python benchmarks/frames.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/unseen.py --genomes $(GENOMES)
	$(BIN)/python benchmarks/unseen.py --genomes $(GENOMES) --untold 0.5 --seeds 1 --steps 9000
	$(BIN)/python benchmarks/unseen.py --genomes $(GENOMES) --untold 0.5 --seeds 1 --steps 9000 --frames 128

bench-pages: .venv/ready
	$(if $(GENOMES),,$(error name a folder of genomes: make bench-pages GENOMES=folder))
	$(CELLS) --seeds 3 --cells diagonal lstm none
	$(CELLS) --seeds 1
	$(CELLS) --seeds 1 --cells lstm gru --initialisations chrono
	$(BIN)/python benchmarks/cell_speed.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/token_budget.py
	$(BIN)/python benchmarks/long_memory.py --seconds 60 120 --hidden 32 --batch 16 --rate 1e-2 --seeds 1 --chrono lstm gru diagonal
	$(BIN)/python benchmarks/multitask.py
	$(BIN)/python benchmarks/multitask.py --steps 1200 --seeds 1 --pools last mean attention --lengths 8192 2048
	$(BIN)/python -m pip install --quiet --constraint requirements-dev.txt --editable ".[benchmarks]"
	$(BIN)/python benchmarks/mutations.py --minutes 4
	$(call explained,schizosaccharomyces_pombe,fungi,200,80)
	$(call explained,arabidopsis_thaliana,plants,80,128)
	$(call explained,caenorhabditis_elegans,animals,80,128)
	$(call explained,homo_sapiens,animals,80,128)
	$(BIN)/python benchmarks/explain_thousand.py
	$(BIN)/python benchmarks/introns.py --name arabidopsis_thaliana -m plants:arabidopsis_thaliana -f $(THALIANA)/genome.fa.gz -a $(THALIANA)/annotation.gtf.gz -r NC_003070.9:26,400,001-30,400,000
	$(BIN)/python benchmarks/introns.py --name caenorhabditis_elegans -m animals:caenorhabditis_elegans -f $(ELEGANS)/genome.fa.gz -a $(ELEGANS)/annotation.gtf.gz -r chrI:1-3,000,000
	$(BIN)/python benchmarks/junctions.py -m universal
	$(BIN)/python benchmarks/variants.py --threads 2
	$(BIN)/python benchmarks/variants_sites.py $(THALIANA)/genome.fa.gz $(THALIANA)/annotation.gtf.gz plants:arabidopsis_thaliana NC_003070.9:22500001-30427671
	$(BIN)/python benchmarks/variants_sites.py $(HUMAN)/genome.fa.gz $(HUMAN)/annotation.gtf.gz animals:homo_sapiens 20:45000001-63025520

clean:
	rm -rf .venv demo dist
