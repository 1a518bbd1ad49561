"""Rows for COPY, with the mix of words, numbers and random tokens that real tables have."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

SYLLABLES = "an ber co de el fi gar ho in ka la mo ne or pa qui ra se ti ul ver wo ya zu".split()
KINDS = "view search click add-to-cart remove checkout login logout rate share".split()
STATES = "new paid packed sent delivered delivered delivered returned".split()
STREETS = "rue de la Paix|avenue Foch|High Street|Hauptstraße|via Roma|calle Mayor".split("|")
AGENTS = "Firefox Chrome Safari Edge".split()


class Words:
    """A vocabulary in which some words are common and most are rare."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        made: dict[str, None] = {}
        while len(made) < 6000:
            made["".join(rng.choices(SYLLABLES, k=rng.choice([1, 2, 2, 3, 3, 4])))] = None
        self.words = list(made)
        weights = [1 / (rank + 3) for rank in range(len(self.words))]
        pool = rng.choices(self.words, weights, k=3_200_000)
        self.phrases = [" ".join(pool[i : i + 8]) for i in range(0, len(pool), 8)]
        self.names = [word.capitalize() for word in self.words if len(word) > 4]


def stamp(rng: random.Random, number: int, step: float) -> str:
    """Return a moment that goes on with the number, with microseconds."""
    seconds = int(number * step)
    day, rest = divmod(seconds, 86_400)
    month, day = divmod(day, 28)
    year, month = divmod(month, 12)
    hour, rest = divmod(rest, 3600)
    return (
        f"{2019 + year}-{month + 1:02d}-{day + 1:02d} {hour:02d}:{rest // 60:02d}:{rest % 60:02d}"
        f".{rng.randrange(1_000_000):06d}+00"
    )


def customers(words: Words, seed: int, count: int) -> Iterator[str]:
    """Yield customers: names, addresses, a profile in JSON."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        first, last = rng.choice(words.names), rng.choice(words.names)
        city = words.names[int(rng.random() ** 2 * 400)]
        profile = {
            "newsletter": number % 3 == 0,
            "segment": rng.choice(["a", "b", "c"]),
            "token": f"{rng.getrandbits(96):024x}",
            "tags": rng.choices(words.words[:300], k=3),
        }
        yield (
            f"{number}\t{first} {last}\t{last.lower()}.{first.lower()}{rng.randrange(999)}"
            f"@{city.lower()}.example\t+33{rng.randrange(10**9):09d}"
            f"\t{rng.randrange(1, 250)} {rng.choice(STREETS)}\t{city}"
            f"\t{rng.randrange(1940, 2006)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
            f"\t$5$rounds=5000${rng.getrandbits(256):064x}\t{stamp(rng, number, 400)}"
            f"\t{json.dumps(profile)}\n"
        )


def products(words: Words, seed: int, count: int) -> Iterator[str]:
    """Yield products: long descriptions and a few attributes."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        text = ". ".join(rng.choices(words.phrases, k=rng.randrange(4, 14)))
        attributes = {"colour": rng.choice(words.words[:40]), "weight": rng.randrange(20_000)}
        yield (
            f"{number}\tSKU-{rng.getrandbits(40):010X}\t{rng.choice(words.phrases)[:60]}\t{text}"
            f"\t{rng.randrange(99, 500_000) / 100:.2f}\t{rng.randrange(900)}"
            f"\t{json.dumps(attributes)}\n"
        )


def orders(words: Words, seed: int, count: int) -> Iterator[str]:
    """Yield orders; one in four has a note."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        total = int(rng.lognormvariate(8.3, 1))
        note = rng.choice(words.phrases) if rng.random() < 0.25 else "\\N"
        yield (
            f"{number}\t{1 + int(rng.random() * count / 3)}\t{rng.getrandbits(128):032x}"
            f"\t{stamp(rng, number, 60)}\t{rng.choice(STATES)}\t{total / 100:.2f}"
            f"\t{total * 0.2 / 100:.4f}\tPAY-{rng.getrandbits(64):016x}\t{note}\n"
        )


def order_lines(_words: Words, seed: int, count: int) -> Iterator[str]:
    """Yield the lines of orders, one to four each."""
    rng = random.Random(seed)
    order = made = 0
    while made < count:
        order += 1
        for line in range(1, rng.choice([1, 1, 2, 3, 4]) + 1):
            made += 1
            yield (
                f"{order}\t{line}\t{1 + int(rng.random() ** 2 * 50_000)}"
                f"\t{rng.choice([1, 1, 1, 2, 3])}\t{rng.randrange(99, 500_000) / 100:.2f}\n"
            )


def events(words: Words, seed: int, count: int) -> Iterator[str]:
    """Yield what visitors did, with a payload in JSON."""
    rng = random.Random(seed)
    for number in range(1, count + 1):
        kind = rng.choice(KINDS)
        payload = {
            "agent": f"{rng.choice(AGENTS)}/{rng.randrange(90, 140)}.0",
            "path": "/" + rng.choice(words.phrases).replace(" ", "-"),
            "ms": round(rng.lognormvariate(4, 1), 3),
            "product": rng.randrange(50_000),
            "trace": f"{rng.getrandbits(80):020x}",
        }
        address = rng.getrandbits(32)
        yield (
            f"{number}\t{rng.getrandbits(128):032x}\t{stamp(rng, number, 15)}\t{kind}"
            f"\t{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
            f"\t{json.dumps(payload)}\n"
        )
