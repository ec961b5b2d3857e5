"""A programme whose one step asks the form with conditions of every kind."""

from __future__ import annotations

from kangqu.kernel.access.roles import Role
from kangqu.kernel.cases.programme import Programme, State, Step
from kangqu.kernel.cases.registry import declare
from tests.cases.forms.asked import FORM

KEEPERS = frozenset({Role.FAMILY_DOCTOR})

SURVEY = declare(
    Programme(
        code="test_survey",
        title="问卷",
        title_en="Survey",
        first="open",
        final=frozenset({"filled"}),
        about_person=False,
        states=(
            State(code="open", title="待填", title_en="Open"),
            State(code="filled", title="已填", title_en="Filled"),
        ),
        steps=(
            Step(
                code="fill",
                title="填写",
                title_en="Fill in",
                sources=("open",),
                target="filled",
                roles=KEEPERS,
                form=FORM,
            ),
        ),
    )
)
