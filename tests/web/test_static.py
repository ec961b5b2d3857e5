"""The style sheet and the script stay small, old enough for old phones, and clean enough for the content policy."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

WEB = Path(__file__).resolve().parents[2] / "kangqu" / "web"
CSS = WEB / "static" / "kq" / "kq.css"
SCRIPTS = sorted((WEB / "static").rglob("*.js"))
TEMPLATES = sorted((WEB.parent).rglob("templates/**/*.html"))

# Every kind of node of the ES2015 grammar that our scripts use, and no later one: what is not here is not written.
ES2015 = set(
    """
program comment expression_statement variable_declaration variable_declarator lexical_declaration function_declaration
function_expression arrow_function formal_parameters statement_block return_statement if_statement else_clause
for_statement for_in_statement while_statement do_statement break_statement continue_statement switch_statement switch_body
switch_case switch_default try_statement catch_clause finally_clause throw_statement empty_statement labeled_statement
statement_identifier assignment_expression augmented_assignment_expression binary_expression unary_expression
update_expression ternary_expression call_expression new_expression member_expression subscript_expression
parenthesized_expression sequence_expression arguments identifier property_identifier shorthand_property_identifier
object array pair number string string_fragment escape_sequence regex regex_pattern regex_flags true false null undefined
this template_string template_substitution class_declaration class_body method_definition extends_clause
class class_heritage generator_function yield_expression super spread_element rest_pattern object_pattern array_pattern assignment_pattern pair_pattern
shorthand_property_identifier_pattern computed_property_name
""".split()  # noqa: SIM905 - a page of words reads better than a page of quotes
)
TOO_NEW = {"**", "**=", "??", "?.", "&&=", "||=", "??=", "async", "await", "optional_chain", "static get"}


def zipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))


@pytest.mark.parametrize(("name", "limit"), [("kq.css", 9_000), ("kq.js", 8_000)])
def test_budget(name: str, limit: int) -> None:
    assert zipped(WEB / "static" / "kq" / name) <= limit


def nodes(node: Node) -> list[Node]:
    found = [node]
    for child in node.children:
        found += nodes(child)
    return found


def too_new(source: bytes) -> list[str]:
    tree = Parser(Language(tree_sitter_javascript.language())).parse(source)
    return [
        f"line {node.start_point[0] + 1}: {node.type}"
        for node in nodes(tree.root_node)
        if node.is_error or node.is_missing or node.type in TOO_NEW or (node.is_named and node.type not in ES2015)
        or (node.type == "spread_element" and node.parent is not None and node.parent.type == "object")
        or (node.type == "catch_clause" and node.child_by_field_name("parameter") is None)
    ]  # fmt: skip


@pytest.mark.parametrize("path", [*SCRIPTS, WEB / "templates" / "sw.js"], ids=lambda path: path.name)
def test_scripts_are_es2015(path: Path) -> None:
    source = path.read_text("utf-8").replace("{{ shell | safe }}", "[]")
    assert too_new(source.encode()) == []


@pytest.mark.parametrize(
    "source", ["a?.b", "a ?? b", "async function f(){}", "2**3", "try{a()}catch{b()}", "x={...y}", "class A{b=1}", "class A{#b(){}}", "a ||= 1", "let = ;"]
)  # fmt: skip
def test_newer_syntax_is_noticed(source: str) -> None:
    assert too_new(source.encode()) != []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_evaluate_nothing(path: Path) -> None:
    assert not re.search(r"\beval\b|new Function|document\.write|setTimeout\(['\"]|https?://", path.read_text("utf-8"))


NEWER_STYLE = (
    *(
        r"(?<!grid-)\bgap\s*:",
        r":has\(",
        r":is\(",
        r":where\(",
        r"[:( ]min\(",
        r"[:( ]max\(",
        r"clamp\(",
        r"\binset\s*:",
    ),
    *(r"\d[ds]v[hw]\b", r"&[ :.{]", r"@layer", r"@container", r"https?://(?!www\.w3\.org/2000/svg)"),
)


@pytest.mark.parametrize("newer", NEWER_STYLE)
def test_style_is_old_enough(newer: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", CSS.read_text("utf-8"), flags=re.S)
    assert re.findall(newer, text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_no_handlers_styles_or_other_hosts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r"<[^>]*\son[a-z]+\s*=", text) == []
    assert re.findall(r"<[^>]*\sstyle\s*=", text) == []
    assert re.findall(r"<(?:script|style)(?![^>]*nonce=)[^>]*>", text) == []
    assert re.findall(r"(?:src|href|action)=[\"']https?://", text) == []
