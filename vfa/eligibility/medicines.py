"""Which of the medicines named thin the blood, and which supplements does the seed name?

Names are international nonproprietary names of the groups B01AA–B01AF and B01AX of the WHO's ATC index, with some
common brand names; aspirin and other antiplatelets (B01AC) stand apart because the seed singles aspirin out. A name
that is in no list is not recognised, which is said and never read as harmless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HERBAL = {
    "vitamin e": ("vitamin e", "vit e", "tocopherol", "e vitamini"),
    "glucosamine": ("glucosamine", "glukozamin"),
    "garlic": ("garlic", "sarımsak", "allium sativum"),
    "ginseng": ("ginseng",),
}
ASPIRIN = ("aspirin", "acetylsalicylic acid", "asa", "ecopirin", "coraspin")
ANTICOAGULANTS = (
    *("warfarin", "coumadin", "acenocoumarol", "phenprocoumon", "marcumar", "fluindione"),
    *("heparin", "enoxaparin", "clexane", "lovenox", "dalteparin", "fragmin", "tinzaparin", "innohep", "nadroparin"),
    *("fraxiparine", "bemiparin", "certoparin", "danaparoid", "fondaparinux", "arixtra"),
    *("dabigatran", "pradaxa", "argatroban", "bivalirudin", "desirudin"),
    *("apixaban", "eliquis", "rivaroxaban", "xarelto", "edoxaban", "lixiana", "savaysa", "betrixaban"),
)
ANTIPLATELETS = (
    *("clopidogrel", "plavix", "ticagrelor", "brilinta", "brilique", "prasugrel", "effient", "ticlopidine"),
    *("dipyridamole", "cilostazol", "triflusal"),
)


@dataclass(frozen=True)
class SortedMedicines:
    """The names as given, by what they are."""

    herbal: tuple[str, ...]
    aspirin: tuple[str, ...]
    anticoagulants: tuple[str, ...]
    antiplatelets: tuple[str, ...]
    not_recognised: tuple[str, ...]


def sort_medicines(names: Iterable[str]) -> SortedMedicines:
    """Sort the names; a name may hold a dose ("Warfarin 5 mg"), and may be of several kinds."""
    herbal_words = tuple(word for words in HERBAL.values() for word in words)
    kinds: dict[str, list[str]] = {"herbal": [], "aspirin": [], "anticoagulants": [], "antiplatelets": [], "other": []}
    lists = (("herbal", herbal_words), ("aspirin", ASPIRIN), ("anticoagulants", ANTICOAGULANTS))
    for name in names:
        found = [kind for kind, words in (*lists, ("antiplatelets", ANTIPLATELETS)) if _is_one_of(name, words)]
        for kind in found or ["other"]:
            kinds[kind].append(name)
    return SortedMedicines(
        herbal=tuple(kinds["herbal"]),
        aspirin=tuple(kinds["aspirin"]),
        anticoagulants=tuple(kinds["anticoagulants"]),
        antiplatelets=tuple(kinds["antiplatelets"]),
        not_recognised=tuple(kinds["other"]),
    )


def _is_one_of(name: str, words: Iterable[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(name)) for word in words)


def _plain(name: str) -> str:
    """Lower case, with the dotted and dotless i of Turkish made one."""
    return " ".join(name.casefold().replace("\u0307", "").replace("ı", "i").replace(".", " ").split())
