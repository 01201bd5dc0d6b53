"""How results are counted, and what a model has to beat."""
