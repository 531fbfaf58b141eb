"""From a model and a genome to probabilities and sites."""
