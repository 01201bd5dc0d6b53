"""What the models are. This room imports only itself and torch.

Read downward: config, masks, attention, feedforward, embeddings, block, transformer, bert, gpt.
Then, as needed: heads, both, pretraining, modern; inputs and validation refuse what does not fit.
"""
