"""The course's models in a page: files for the reader's browser, made from the shipped weights.

pack.py writes a model, files.py the files beside a page; what runs there is JavaScript. engine.js lists
the calls, client.js makes them from the page, arithmetic.js and model.js compute, matmul.ts is the one
fast function; sampling.js and masks.js, one folder up, serve the page and the engine. training/ is a
model that learns there: layers.js forward and backward, trainer.js what is asked of it.
"""
