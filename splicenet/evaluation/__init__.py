"""Measures of accuracy, calibration, and the classical models to compare with."""
