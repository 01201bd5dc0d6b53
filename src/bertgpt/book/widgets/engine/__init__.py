"""The course's models in a page: what a reader's browser is given, made from the weights that are shipped.

pack.py writes a model, files.py the files beside a page; what runs there is JavaScript: engine.js says what it can do,
client.js is its face in the page, arithmetic.js, model.js and sampling.js compute, matmul.ts is the one fast function.
"""
