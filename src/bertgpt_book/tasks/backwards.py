"""Flash cards with two sides: all read from the front, half of them from the back too, and then asked from either side.

A card is four tokens: a start, one side, a dash, the other side. The model is GPT-2's block under the
triangle or the square, and one of three questions trains it.

B cards in a batch, n cards in all.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from bertgpt.text.batching import IGNORED
from bertgpt.training.objectives import shift_left

from ..modern.model import Decoder, Encoder, Modern, ModernConfig

CAPITALS = dict(
    pair.split("-")
    for pair in """
Paris-France Rome-Italy Madrid-Spain Lisbon-Portugal Berlin-Germany Vienna-Austria Bern-Switzerland
Brussels-Belgium Amsterdam-Netherlands London-Britain Dublin-Ireland Oslo-Norway Stockholm-Sweden
Copenhagen-Denmark Helsinki-Finland Reykjavik-Iceland Warsaw-Poland Prague-Czechia Bratislava-Slovakia
Budapest-Hungary Bucharest-Romania Sofia-Bulgaria Athens-Greece Belgrade-Serbia Zagreb-Croatia
Ljubljana-Slovenia Sarajevo-Bosnia Skopje-Macedonia Tirana-Albania Podgorica-Montenegro Tallinn-Estonia
Riga-Latvia Vilnius-Lithuania Minsk-Belarus Kyiv-Ukraine Chisinau-Moldova Moscow-Russia Ankara-Turkey
Nicosia-Cyprus Valletta-Malta Tbilisi-Georgia Yerevan-Armenia Baku-Azerbaijan Tehran-Iran Baghdad-Iraq
Damascus-Syria Beirut-Lebanon Amman-Jordan Muscat-Oman Doha-Qatar Manama-Bahrain Cairo-Egypt Tripoli-Libya
Tunis-Tunisia Algiers-Algeria Rabat-Morocco Khartoum-Sudan Asmara-Eritrea Nairobi-Kenya Kampala-Uganda
Kigali-Rwanda Gitega-Burundi Dodoma-Tanzania Lusaka-Zambia Harare-Zimbabwe Gaborone-Botswana Windhoek-Namibia
Maputo-Mozambique Lilongwe-Malawi Luanda-Angola Kinshasa-Congo Libreville-Gabon Yaounde-Cameroon Abuja-Nigeria
Accra-Ghana Lome-Togo Niamey-Niger Bamako-Mali Dakar-Senegal Banjul-Gambia Conakry-Guinea Monrovia-Liberia
Nouakchott-Mauritania Antananarivo-Madagascar Delhi-India Islamabad-Pakistan Kabul-Afghanistan Kathmandu-Nepal
Thimphu-Bhutan Dhaka-Bangladesh Male-Maldives Tashkent-Uzbekistan Bishkek-Kyrgyzstan Dushanbe-Tajikistan
Ashgabat-Turkmenistan Astana-Kazakhstan Ulaanbaatar-Mongolia Beijing-China Tokyo-Japan Seoul-Korea
Manila-Philippines Hanoi-Vietnam Vientiane-Laos Bangkok-Thailand Jakarta-Indonesia Canberra-Australia Suva-Fiji
Ottawa-Canada Havana-Cuba Kingston-Jamaica Lima-Peru Quito-Ecuador Bogota-Colombia Caracas-Venezuela
Santiago-Chile Asuncion-Paraguay Montevideo-Uruguay Brasilia-Brazil Managua-Nicaragua Tegucigalpa-Honduras
""".split()
)
WORDS = [*CAPITALS, *CAPITALS.values(), "<s>", "-", "[MASK]"]
START, DASH, MASK = range(len(WORDS) - 3, len(WORDS))
QUESTIONS = {"next": "the next token", "blanks": "any blank", "end": "a blank at the end"}
MASKS: dict[str, type[Modern]] = {"triangle": Decoder, "square": Encoder}


def make_cards(seed: int) -> tuple[Tensor, Tensor]:
    """Write all cards in both directions, shuffled: -> fronts (n, 4), capital first; backs (n, 4), country first.

    The first half is what may be read from the back too; which cards those are depends on the seed.
    """
    n = len(CAPITALS)
    capital = torch.randperm(n, generator=torch.Generator().manual_seed(seed))  # (n,)
    fronts = torch.stack([torch.full((n,), START), capital, torch.full((n,), DASH), n + capital], dim=1)  # (n, 4)
    return fronts, fronts[:, [0, 3, 2, 1]]


def spell(card: Tensor) -> str:
    """Write a card, or a part of it, in words: ids (T,)."""
    return " ".join(WORDS[i] for i in card if i != START)


def untrained(mask: str) -> Modern:
    """Make a model of one layer whose mask is the triangle or the square; both have the same weights.

    They are drawn wider than the package draws them, 0.05 for 0.02: so narrow a model learns sooner.
    """
    torch.manual_seed(0)
    config = ModernConfig(
        vocab_size=len(WORDS),
        max_len=4,
        d_model=64,
        n_layers=1,
        n_heads=4,
        d_ff=256,
        rotary=False,
        rms_norm=False,
        gated=False,
        bias=True,
        activation="gelu_new",
    )
    model = MASKS[mask](config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(2.5)
    return model


def pose(question: str, cards: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Ask a question of some cards: -> input_ids, labels (B, 4).

    "next": the next token everywhere; "blanks": one to three tokens after the start are hidden, and predicted
    in their place; "end": only the last one is
    """
    if question == "next":
        return cards, shift_left(cards)
    hidden = torch.zeros_like(cards, dtype=torch.bool)
    if question == "blanks":
        share = torch.rand(len(cards), 1, generator=generator)  # (B, 1)
        hidden = torch.rand(cards.shape, generator=generator) < share  # (B, 4)
        hidden[:, 0] = False
        hidden[range(len(cards)), torch.randint(1, 4, (len(cards),), generator=generator)] = True
    else:
        hidden[:, 3] = True
    return cards.masked_fill(hidden, MASK), cards.masked_fill(~hidden, IGNORED)


def learn(model: Modern, question: str, cards: Tensor, steps: int) -> Iterator[int]:
    """Train on 64 cards a step, and yield each step's number, from 1, once it is done."""
    generator = torch.Generator().manual_seed(0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05, fused=True)
    for step in range(1, steps + 1):
        ids, labels = pose(question, cards[torch.randint(len(cards), (64,), generator=generator)], generator)
        loss = F.cross_entropy(model(ids).flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield step


@torch.inference_mode()
def scores(model: Modern, question: str, cards: Tensor) -> Tensor:
    """Score every token for the last of each card, the others given: cards (n, 4) -> logits (n, V)."""
    if question == "next":
        return model(cards[:, :3])[:, 2]
    hidden = cards.clone()
    hidden[:, 3] = MASK
    return model(hidden)[:, 3]


def right(model: Modern, question: str, cards: Tensor) -> Tensor:
    """Ask each card for its last token: -> whether the top token is right (n,) bool."""
    return scores(model, question, cards).argmax(dim=-1) == cards[:, 3]
