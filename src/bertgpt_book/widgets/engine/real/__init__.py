"""A published model in a page: SmolLM2 in four bits, under either mask, and with an adapter.

files.py writes it; client.js fetches it and worker.js answers the page. store.js holds the weights as they came,
modern.js is the pass, kernels.ts its fast functions.
"""
