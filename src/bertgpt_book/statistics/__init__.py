"""Metrics with their intervals, and the baselines that a model has to beat."""
