"""Sequences, annotations and alignments: what they are, how they are read and written."""
