"""How the models learn, on any device. This room imports `model`, `text` and `device`."""
