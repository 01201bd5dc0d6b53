"""What the models are, read downward once. This room imports only itself and torch."""
