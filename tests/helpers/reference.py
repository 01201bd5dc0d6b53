"""transformers' models with random weights, and the same numbers copied into ours, name by name."""

import json

import torch
from sizes import SIZES, D, F, H, L, S, V

from bertgpt import GPT, BERTForPreTraining, Both, TransformerConfig
from bertgpt_book.modern import Decoder, Encoder, ModernConfig

SEGMENTS = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 1, 0, 0]])  # (B, S)
PADDED = torch.tensor([[1] * S, [1, 1, 1, 1, 1, 0, 0]])  # (B, S)
LEFT = PADDED.flip(1)


def shake(model, seed: int = 0):
    """Move every parameter off its initial value, so that no bias is 0 and no norm's weight is 1."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.3)
    return model.eval()


def seeded(make, seed: int = 0):
    """Make a model whose numbers depend on the seed alone, and leave torch's random state as it was."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return shake(make(), seed)


def hf_bert(**changes):
    from transformers import BertConfig, BertForPreTraining  # here, as two processes that learn together need neither

    settings = dict(vocab_size=V, hidden_size=D, num_hidden_layers=L, num_attention_heads=H, intermediate_size=F)
    settings |= dict(max_position_embeddings=S, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    return seeded(lambda: BertForPreTraining(BertConfig(**settings | changes)))


def hf_gpt(**changes):
    from transformers import GPT2Config, GPT2LMHeadModel

    settings = dict(vocab_size=V, n_embd=D, n_layer=L, n_head=H, n_inner=F, n_positions=S)
    settings |= dict(resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, bos_token_id=None, eos_token_id=None)
    return seeded(lambda: GPT2LMHeadModel(GPT2Config(**settings | changes)))


# Ours and theirs, name by name.
BERT_NAMES = """embeddings.token bert.embeddings.word_embeddings,
    embeddings.position bert.embeddings.position_embeddings,
    embeddings.segment bert.embeddings.token_type_embeddings, embedding_norm bert.embeddings.LayerNorm,
    pooler.dense bert.pooler.dense, nsp_head.classifier cls.seq_relationship,
    mlm_head.dense cls.predictions.transform.dense, mlm_head.norm cls.predictions.transform.LayerNorm,
    mlm_head.decoder cls.predictions.decoder"""
BERT_BLOCK = """attention.q_proj attention.self.query, attention.k_proj attention.self.key,
    attention.v_proj attention.self.value, attention.out_proj attention.output.dense,
    norm1 attention.output.LayerNorm, feedforward.up_proj intermediate.dense,
    feedforward.down_proj output.dense, norm2 output.LayerNorm"""
GPT_NAMES = """embeddings.token transformer.wte, embeddings.position transformer.wpe, final_norm transformer.ln_f,
    lm_head.decoder lm_head"""
GPT_BLOCK = "attention.out_proj attn.c_proj, feedforward.up_proj mlp.c_fc, feedforward.down_proj mlp.c_proj"


def pairs(ours, theirs, names: str):
    """Look up modules by name: -> [(ours, theirs), ...]."""
    for one, other in map(str.split, names.split(",")):
        yield ours.get_submodule(one), theirs.get_submodule(other)


@torch.no_grad()
def copied(pairs) -> None:
    for ours, theirs in pairs:
        ours.weight.copy_(theirs.weight)
        if getattr(ours, "bias", None) is not None:
            ours.bias.copy_(theirs.bias)


def our_bert(theirs) -> BERTForPreTraining:
    c = theirs.config
    sizes = dict(vocab_size=c.vocab_size, max_len=c.max_position_embeddings, d_model=c.hidden_size)
    sizes |= dict(n_heads=c.num_attention_heads, n_layers=c.num_hidden_layers, d_ff=c.intermediate_size)
    switches = dict(n_segments=c.type_vocab_size, dropout=c.hidden_dropout_prob, activation=c.hidden_act)
    switches |= dict(norm_eps=c.layer_norm_eps, tie_embeddings=c.tie_word_embeddings)
    ours = BERTForPreTraining(TransformerConfig.bert(**sizes, **switches))
    copied(pairs(ours, theirs, BERT_NAMES))
    for block, layer in zip(ours.blocks, theirs.bert.encoder.layer):
        copied(pairs(block, layer, BERT_BLOCK))
    return ours.eval()


@torch.no_grad()
def our_gpt(theirs) -> GPT:
    c = theirs.config
    sizes = dict(vocab_size=c.vocab_size, max_len=c.n_positions, d_model=c.n_embd, n_heads=c.n_head, n_layers=c.n_layer)
    switches = dict(d_ff=c.n_inner, dropout=c.resid_pdrop, activation=c.activation_function)
    switches |= dict(norm_eps=c.layer_norm_epsilon, tie_embeddings=c.tie_word_embeddings)
    ours = GPT(TransformerConfig.gpt(**sizes, **switches))
    copied(pairs(ours, theirs, GPT_NAMES))
    for block, layer in zip(ours.blocks, theirs.transformer.h):
        copied([(block.norm1, layer.ln_1), (block.norm2, layer.ln_2)])
        attention, width = block.attention, c.n_embd
        for n, proj in enumerate((attention.q_proj, attention.k_proj, attention.v_proj)):
            proj.weight.copy_(layer.attn.c_attn.weight[:, n * width : (n + 1) * width].T)
            proj.bias.copy_(layer.attn.c_attn.bias[n * width : (n + 1) * width])
        for proj, conv in pairs(block, layer, GPT_BLOCK):
            proj.weight.copy_(conv.weight.T)
            proj.bias.copy_(conv.bias)
    return ours.eval()


def tiny_bert(seed: int = 0, **changes) -> BERTForPreTraining:
    return seeded(lambda: BERTForPreTraining(TransformerConfig.bert(**SIZES | changes)), seed)


def tiny_gpt(seed: int = 0, **changes) -> GPT:
    return seeded(lambda: GPT(TransformerConfig.gpt(**SIZES | changes)), seed)


def tiny_both(seed: int = 0, **changes) -> Both:
    return seeded(lambda: Both(TransformerConfig.gpt(**SIZES | changes)), seed)


def tiny_modern(kind, seed: int = 0, **changes):
    sizes = {name: value for name, value in SIZES.items() if name != "dropout"}
    return seeded(lambda: kind(ModernConfig(**sizes | changes)), seed)


def tiny_encoder(seed: int = 0, **changes) -> Encoder:
    return tiny_modern(Encoder, seed, **changes)


def tiny_local(kind=Decoder):
    """Make a modern model whose second layer sees the nearest tokens only."""
    return tiny_modern(kind, pattern="GL", window=1)


def draw_ids(*shape: int, seed: int = 0, low: int = 1):
    """Draw token ids, none of them 0."""
    return torch.randint(low, V, shape, generator=torch.Generator().manual_seed(seed))


def edit_config(folder, **changes):
    """Rewrite fields of a config.json; `...` takes one out."""
    path = folder / "config.json"
    settings = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in settings.items() if value is not ...}))


class NoWork(BERTForPreTraining):
    """Stands where a model would: any use of it beyond its configuration fails."""

    lm_head = mlm_head = None
    framing = Both.framing  # it fills blanks and continues

    def __init__(self, config):
        torch.nn.Module.__init__(self)
        self.config = config
