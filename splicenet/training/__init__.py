"""From labelled genomes to a model file."""
