"""Who is who: matching a new record against the resident index, and linking lists before they are imported.

Pure: no database, no clock, no network. ``prepare`` makes a row comparable, ``blocking_keys`` says under which keys
its possible partners are stored, ``match`` answers same, review or new about the candidates found there, and
``link`` does the same for whole lists. The rules and their limits are in docs/algorithms/matching.md.
"""

from kangqu.kernel.people.matching.blocking import blocking_keys
from kangqu.kernel.people.matching.compare import Comparison, Conflict, compare
from kangqu.kernel.people.matching.decide import Answer, Decision, Match, judge, match
from kangqu.kernel.people.matching.link import Found, Linked, link
from kangqu.kernel.people.matching.normalise import prepare
from kangqu.kernel.people.matching.rows import Paper, Row, Subject
from kangqu.kernel.people.matching.weights import Weights, index_weights

__all__ = [
    "Answer", "Comparison", "Conflict", "Decision", "Found", "Linked", "Match", "Paper", "Row", "Subject", "Weights",
    "blocking_keys", "compare", "index_weights", "judge", "link", "match", "prepare",
]  # fmt: skip
