"""Is a profile read as it is written, and is a mistake in it named with its line?"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from vfa.eligibility import load_profile, shipped_profiles
from vfa.eligibility.registry import criteria
from vfa.errors import ClinicalRefused

HEAD = 'name = "ours"\ntitle = "Ours"\nsource = "Committee"\n'


def written(folder: Path, body: str, head: str = HEAD) -> Path:
    path = folder / "ours.toml"
    path.write_text(head + body, encoding="utf-8")
    return path


def test_the_seed_has_every_rule_of_its_text():
    vertebroplasty = [c.id for c in load_profile().of("vertebroplasty")]
    kyphoplasty = [c.id for c in load_profile().of("kyphoplasty")]
    assert vertebroplasty == ["VP-I1", "VP-I2", "VP-I3", "VP-F1", "VP-C1", "VP-C2", "VP-C3", "VP-C4", "VP-C5"]
    assert kyphoplasty == [*(f"KP-I{n}" for n in range(1, 6)), *(f"KP-C{n}" for n in range(1, 13))]


def test_the_seeds_limits_are_exact_ratios():
    seed = load_profile("seed")
    limits = {rule.id: rule.number("max_loss") for rule in seed.criteria if "max_loss" in rule.settings}
    assert limits == {"VP-F1": Fraction(1, 3), "VP-C4": Fraction(1, 3), "KP-C11": Fraction(7, 10)}


def test_the_other_reading_of_one_third_differs_in_that_limit_alone():
    seed, other = load_profile("seed"), load_profile("seed-residual-one-third")
    changed = {a.id for a, b in zip(seed.criteria, other.criteria, strict=True) if a.settings != b.settings}
    assert changed == {"VP-F1", "VP-C4"}
    assert other.get("VP-C4").number("max_loss") == Fraction(2, 3)


@pytest.mark.parametrize("name", shipped_profiles())
def test_every_shipped_profile_loads_under_its_own_name(name: str):
    assert load_profile(name).name == name


def test_every_criterion_is_used_by_some_shipped_profile():
    used = {criterion.id for name in shipped_profiles() for criterion in load_profile(name).criteria}
    assert used == set(criteria())


def test_a_hospitals_own_profile_chooses_rules_and_limits(tmp_path: Path):
    path = written(
        tmp_path,
        'notes = ["Discuss in the spine board."]\n[settings]\nmin_level_confidence = 0.9\n'
        "[criteria]\nVP-I1 = {}\nVP-C4 = { max_loss = 0.4 }\n",
    )
    ours = load_profile(path)
    assert [criterion.id for criterion in ours.criteria] == ["VP-I1", "VP-C4"]
    assert ours.procedures == ("vertebroplasty",)
    assert ours.get("VP-C4").number("max_loss") == Fraction(2, 5)
    assert ours.min_level_confidence == 0.9
    assert ours.notes == ("Discuss in the spine board.",)
    assert load_profile(str(path)).name == "ours"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[criteria]\nVP-I1 = {}\nVP-C44 = {}", ("line 6", "VP-C44", "'VP-C4'")),
        ("[criteria]\nVP-I1 = {}\nVP-C4 = { max_los = 0.3 }", ("line 6", "max_los", "'max_loss'")),
        ('[criteria]\nVP-I1 = {}\nVP-C4 = { max_loss = "a third" }', ("line 6", "max_loss", "'a third'")),
        ("[criteria]\nVP-I1 = {}\n[criteria.VP-C4]\nmax_loss = 1.5", ("line 7", "0 to 1", "1.5")),
        ('[criteria]\nVP-I1 = {}\nVP-C4 = { max_loss = "1/0" }', ("line 6", "'1/0'")),
        ("[criteria]\nVP-I1 = {}\nVP-C4 = { max_loss = nan }", ("line 6", "nan")),
        ("[criteria]\nVP-I1 = {}\nVP-C4 = { max_loss = true }", ("line 6", "True")),
        ("[criteria]\nVP-I1 = {}\nVP-C1 = { strict = 1 }", ("line 6", "takes none")),
        ("[criteria]\nVP-I1 = 3", ("line 5", "criteria.VP-I1")),
        ("[criteria]\nVP-I1 = {}\nVP-F1 = {}", ("line 6", "twin VP-C4")),
        ("[criteria]\nVP-I1 = {}\nVP-C4 = {}\nVP-F1 = { max_loss = 0.5 }", ("line 7", "VP-C4")),
        ("[criteria]\nVP-C4 = {}", ("line 4", "no indication")),
        ("[criteria]", ("line 4", "at least one criterion")),
        ("", ("at least one criterion",)),
        ("[criterias]\nVP-I1 = {}", ("line 4", "'criteria'")),
        ("[settings]\nmin_confidence = 1\n[criteria]\nVP-I1 = {}", ("line 5", "'min_level_confidence'")),
        ("notes = 3\n[criteria]\nVP-I1 = {}", ("line 4", "notes")),
        ('[criteria]\nVP-I1 = {}\nKP-I1 = {}\nKP-C7 = { reading = "maybe" }', ("line 7", "review, both, either")),
        ("[criteria\nVP-I1 = {}", ("line 4",)),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, body: str, said: tuple[str, ...]):
    with pytest.raises(ClinicalRefused) as caught:
        load_profile(written(tmp_path, body))
    sentence = str(caught.value)
    assert "\n" not in sentence
    for words in (*said, "ours.toml"):
        assert words in sentence


def test_a_profile_without_a_name_or_source_is_refused(tmp_path: Path):
    with pytest.raises(ClinicalRefused, match='source = "some words"'):
        load_profile(written(tmp_path, "[criteria]\nVP-I1 = {}", 'name = "ours"\ntitle = "Ours"\n'))


def test_a_name_that_is_neither_shipped_nor_a_file_is_told_the_nearest_or_what_there_is():
    with pytest.raises(ClinicalRefused, match=r"'seeds'.*did you mean 'seed'"):
        load_profile("seeds")
    with pytest.raises(ClinicalRefused, match=r"'ours'.*known: seed, "):
        load_profile("ours")
