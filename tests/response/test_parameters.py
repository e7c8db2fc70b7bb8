"""The data file: complete, in its units, and refused with a repair when anything in it is off."""

import copy

import pytest
from tools.calibrate_response import FILE, shipped

from titrant.pkpd.response.parameters import WANTED, response_set
from titrant.terms.errors import KnowledgeError
from titrant.terms.reading import read_yaml


@pytest.fixture
def tree() -> dict:
    return copy.deepcopy(read_yaml(FILE.read_bytes()).tree)


def test_the_shipped_file_is_read(tree):
    chosen = response_set(tree)
    assert chosen["pain", "drug_half_time_days"] == 10.9
    assert chosen.of("pain", "drug_half_time_days").source == "dahan-2011"


def test_every_value_says_where_it_comes_from():
    for values in shipped().sections.values():
        for value in values.values():
            assert value.source
            assert value.note
            assert (value.source == "titrant-proposal") == (value.status == "proposal")


@pytest.mark.parametrize(
    ("section", "name", "field", "put"),
    [
        ("pain", "chance_drug_helps", "value", "1.2"),
        ("pain", "drug_half_time_days", "value", "0"),
        ("pain", "drug_half_time_days", "value", "-3"),
        ("pain", "drug_half_time_days", "value", "NaN"),
        ("pain", "drug_half_time_days", "value", "1e5"),
        ("pain", "drug_half_time_days", "value", True),
        ("pain", "drug_half_time_days", "unit", "weeks"),
        ("pain", "drug_half_time_days", "on", "plain"),
        ("pain", "drug_half_time_days", "spread", "0"),
        ("pain", "drug_half_time_days", "spread", "9"),
        ("pain", "drug_half_time_days", "status", "sure"),
        ("pain", "drug_half_time_days", "source", ""),
        ("pain", "drug_half_time_days", "note", None),
        ("questions", "chance_yes", "value", "0.05"),
        ("questions", "severe_grade", "value", "5"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place(tree, section, name, field, put):
    tree[section][name][field] = put
    with pytest.raises(KnowledgeError):
        response_set(tree)


@pytest.mark.parametrize("section", list(WANTED))
def test_a_missing_or_unknown_name_is_refused(tree, section):
    name = next(iter(WANTED[section]))
    row = tree[section].pop(name)
    with pytest.raises(KnowledgeError, match=name):
        response_set(tree)
    tree[section] |= {name: row, "surprise": row}
    with pytest.raises(KnowledgeError, match="surprise"):
        response_set(tree)


@pytest.mark.parametrize("wrong", [None, [], "text", {}])
def test_something_else_than_the_file_is_refused(wrong):
    with pytest.raises(KnowledgeError):
        response_set(wrong)


def test_a_field_too_many_is_refused(tree):
    tree["pain"]["chance_drug_helps"]["spread"] = "1"
    with pytest.raises(KnowledgeError, match="spread"):
        response_set(tree)
