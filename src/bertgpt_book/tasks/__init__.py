"""Tasks for the models, each used by a chapter or two: texts, labels and scores."""
