"""Every verb the house writes into the trace has a word in Chinese and in English."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from kangqu.kernel.people.models import ProxyKind
from kangqu.kernel.trace.words import action_of, action_word, action_words

COMPOSED = {
    "people.grant_": ProxyKind.values,
    "person.reveal_": ["identifier", "phone"],
    "people.import.": ["start", "confirm", "stop", "resume", "undo", "chunk", "done", "fail"],
}
"""Verbs that are put together: how they begin, and every way they end."""

NO_VERBS = {"hidden", "_pass", "_look", "_key_step"}
"""Functions with an ``action`` that is another thing."""


def written() -> Iterator[object]:
    """The verbs in the source: what is given to ``did`` or to a function as its ``action``."""
    trees = [ast.parse(path.read_text("utf-8")) for path in Path("kangqu").rglob("*.py")]
    taken = {"did": 0}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name not in NO_VERBS:
                names = [argument.arg for argument in node.args.args]
                if "action" in names:
                    taken[node.name] = names.index("action") - (names[0] == "self")
                for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
                    if argument.arg == "action" and isinstance(default, ast.Constant):
                        yield default.value
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                given = [keyword.value for keyword in node.keywords if keyword.arg == "action"]
                if name in taken and len(node.args) > taken[name]:
                    given.append(node.args[taken[name]])
                for value in given:
                    branches = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
                    yield from (each.value for each in branches if isinstance(each, ast.Constant) and each.value)


def test_every_verb_has_its_words():
    verbs = {verb for verb in written() if isinstance(verb, str)}
    verbs |= {start + end for start, ends in COMPOSED.items() for end in ends}
    assert len(verbs) > 80
    assert verbs - set(action_words()) == set()


def test_words_are_told_apart_and_lead_back():
    for language in (0, 1):
        said = Counter(words[language] for words in action_words().values())
        assert [word for word, times in said.items() if times > 1] == []
    assert action_of("建档") == action_of(" Register a resident ") == "people.register"
    assert action_of("people.register") == "people.register"
    assert action_word("an.older.verb", english=True) == "an.older.verb"
