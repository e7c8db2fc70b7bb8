"""Every reason code has words, and every place in the words has a fact."""

import ast
import re
from pathlib import Path

from titrant.explain.words import Words, rules
from titrant.knowledge.library import Library

SOURCE = Path(__file__).parent.parent.parent / "src" / "titrant"
CODE = re.compile(r"[a-z]+(_[a-z0-9]+)+")
GIVES_REASONS = {
    "Reason": 0,
    "Missing": 1,
    "Finding": 0,
    "_reason": 1,
    "_cap": 1,
    "_beyond": 0,
    "_not_checked": 0,
    "_note": 0,
}


def codes_in_the_steps() -> set[str]:
    """The literal codes with which the steps make reasons, findings and missing facts."""
    found = set()
    for path in (SOURCE / "pathway").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if isinstance(node, ast.Call) and name in GIVES_REASONS and len(node.args) > GIVES_REASONS[name]:
                argument = node.args[GIVES_REASONS[name]]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found


def test_every_code_of_the_steps_has_words(library: Library) -> None:
    codes = codes_in_the_steps()
    assert len(codes) >= 35
    assert codes - set(Words(library).sentences) == set()


def test_every_rule_of_the_knowledge_has_words(library: Library) -> None:
    sentences = Words(library).sentences
    for rule in rules(library):
        assert sentences[rule.code].clinician


def test_a_code_without_words_is_shown_and_not_dropped(library: Library) -> None:
    assert "never_heard_of" in Words(library).say("never_heard_of", {"dose": "5 mg"})


def test_no_sentence_of_a_rule_asks_for_a_fact_that_its_finding_has_not(library: Library) -> None:
    drug_facts = {"drug", "drugs", "written", "recognised", "stopped", "recheck_on"}
    for one in library.interactions.values():
        assert set(re.findall(r"\{(\w+)\}", one.rule.clinician)) <= drug_facts, one.id
