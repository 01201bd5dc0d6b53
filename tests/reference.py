"""transformers' models with random weights, and the same numbers copied into ours, name by name."""

import torch
from sizes import SIZES, D, F, H, L, S, V
from transformers import BertConfig, BertForPreTraining, GPT2Config, GPT2LMHeadModel

from bertgpt import GPT, BERTForPreTraining, Both, Encoder, ModernConfig, TransformerConfig


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


def hf_bert(**changes) -> BertForPreTraining:
    settings = dict(
        vocab_size=V,
        hidden_size=D,
        num_hidden_layers=L,
        num_attention_heads=H,
        intermediate_size=F,
        max_position_embeddings=S,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return seeded(lambda: BertForPreTraining(BertConfig(**settings | changes)))


def hf_gpt(**changes) -> GPT2LMHeadModel:
    settings = dict(
        vocab_size=V,
        n_embd=D,
        n_layer=L,
        n_head=H,
        n_inner=F,
        n_positions=S,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
    )
    return seeded(lambda: GPT2LMHeadModel(GPT2Config(**settings | changes)))


@torch.no_grad()
def copied(pairs) -> None:
    for ours, theirs in pairs:
        ours.weight.copy_(theirs.weight)
        if getattr(ours, "bias", None) is not None:
            ours.bias.copy_(theirs.bias)


def our_bert(theirs: BertForPreTraining) -> BERTForPreTraining:
    c = theirs.config
    ours = BERTForPreTraining(
        TransformerConfig.bert(
            vocab_size=c.vocab_size,
            max_len=c.max_position_embeddings,
            d_model=c.hidden_size,
            n_heads=c.num_attention_heads,
            n_layers=c.num_hidden_layers,
            d_ff=c.intermediate_size,
            n_segments=c.type_vocab_size,
            dropout=c.hidden_dropout_prob,
            activation=c.hidden_act,
            norm_eps=c.layer_norm_eps,
            tie_embeddings=c.tie_word_embeddings,
        )
    )
    tables, transform = theirs.bert.embeddings, theirs.cls.predictions.transform
    copied(
        [
            (ours.embeddings.token, tables.word_embeddings),
            (ours.embeddings.position, tables.position_embeddings),
            (ours.embeddings.segment, tables.token_type_embeddings),
            (ours.embedding_norm, tables.LayerNorm),
            (ours.pooler.dense, theirs.bert.pooler.dense),
            (ours.nsp_head.classifier, theirs.cls.seq_relationship),
            (ours.mlm_head.dense, transform.dense),
            (ours.mlm_head.norm, transform.LayerNorm),
            (ours.mlm_head.decoder, theirs.cls.predictions.decoder),
        ]
    )
    for block, layer in zip(ours.blocks, theirs.bert.encoder.layer):
        copied(
            [
                (block.attention.q_proj, layer.attention.self.query),
                (block.attention.k_proj, layer.attention.self.key),
                (block.attention.v_proj, layer.attention.self.value),
                (block.attention.out_proj, layer.attention.output.dense),
                (block.norm1, layer.attention.output.LayerNorm),
                (block.feedforward.up_proj, layer.intermediate.dense),
                (block.feedforward.down_proj, layer.output.dense),
                (block.norm2, layer.output.LayerNorm),
            ]
        )
    return ours.eval()


def our_gpt(theirs: GPT2LMHeadModel) -> GPT:
    c = theirs.config
    ours = GPT(
        TransformerConfig.gpt(
            vocab_size=c.vocab_size,
            max_len=c.n_positions,
            d_model=c.n_embd,
            n_heads=c.n_head,
            n_layers=c.n_layer,
            d_ff=c.n_inner,
            dropout=c.resid_pdrop,
            activation=c.activation_function,
            norm_eps=c.layer_norm_epsilon,
            tie_embeddings=c.tie_word_embeddings,
        )
    )
    body = theirs.transformer
    copied(
        [
            (ours.embeddings.token, body.wte),
            (ours.embeddings.position, body.wpe),
            (ours.final_norm, body.ln_f),
            (ours.lm_head.decoder, theirs.lm_head),
        ]
    )
    for block, layer in zip(ours.blocks, body.h):
        copied([(block.norm1, layer.ln_1), (block.norm2, layer.ln_2)])
        attention, width = block.attention, c.n_embd
        with torch.no_grad():
            for n, proj in enumerate((attention.q_proj, attention.k_proj, attention.v_proj)):
                proj.weight.copy_(layer.attn.c_attn.weight[:, n * width : (n + 1) * width].T)
                proj.bias.copy_(layer.attn.c_attn.bias[n * width : (n + 1) * width])
            for proj, conv in [
                (attention.out_proj, layer.attn.c_proj),
                (block.feedforward.up_proj, layer.mlp.c_fc),
                (block.feedforward.down_proj, layer.mlp.c_proj),
            ]:
                proj.weight.copy_(conv.weight.T)
                proj.bias.copy_(conv.bias)
    return ours.eval()


def tiny_bert(seed: int = 0, **changes) -> BERTForPreTraining:
    return seeded(lambda: BERTForPreTraining(TransformerConfig.bert(**SIZES | changes)), seed)


def tiny_gpt(seed: int = 0, **changes) -> GPT:
    return seeded(lambda: GPT(TransformerConfig.gpt(**SIZES | changes)), seed)


def tiny_both(seed: int = 0, **changes) -> Both:
    return seeded(lambda: Both(TransformerConfig.gpt(**SIZES | changes)), seed)


def tiny_encoder(seed: int = 0, **changes) -> Encoder:
    sizes = {name: value for name, value in SIZES.items() if name != "dropout"}
    return seeded(lambda: Encoder(ModernConfig(**sizes | changes)), seed)


def draw_ids(*shape: int, seed: int = 0, low: int = 1):
    """Draw token ids, none of them 0."""
    return torch.randint(low, V, shape, generator=torch.Generator().manual_seed(seed))


class NoWork(BERTForPreTraining):
    """Stands where a model would: any use of it beyond its configuration fails."""

    lm_head = mlm_head = None

    def __init__(self, config):
        torch.nn.Module.__init__(self)
        self.config = config
