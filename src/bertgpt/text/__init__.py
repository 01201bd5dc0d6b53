"""Text to ids to batches. This room imports only itself and `assets`."""
