"""Herbs (饮片): what the pharmacopoeia says of each, and which of them a written name means. Pure: no database, no clock.

``HERBS``     every herb by its pharmacopoeia name (grams a day, toxicity, pregnancy, handling, source and mark).
``resolve``   a written name (Chinese, alias, pinyin, initials, handling in brackets) → exactly one herb, a question with
              candidates, a refusal of a banned name, or "unknown"; an unknown name is never "safe".
``suggest``   herbs to offer while somebody types.

The data are files beside the code; ``NOTE.md`` says where each is from and how sure we are of it.
"""

from __future__ import annotations

from kangqu.systems.tcm_pharmacy.herbs.herb import HANDLING_WORDS, Handling, Herb, PowderDose, Pregnancy, Toxicity
from kangqu.systems.tcm_pharmacy.herbs.names import ALIKE, AMBIGUOUS, BANNED, Banned, Supply
from kangqu.systems.tcm_pharmacy.herbs.resolving import Answer, Resolution, Via, resolve
from kangqu.systems.tcm_pharmacy.herbs.suggesting import Suggestion, suggest
from kangqu.systems.tcm_pharmacy.herbs.table import HERBS

__all__ = [
    "ALIKE",
    "AMBIGUOUS",
    "BANNED",
    "HANDLING_WORDS",
    "HERBS",
    "Answer",
    "Banned",
    "Handling",
    "Herb",
    "PowderDose",
    "Pregnancy",
    "Resolution",
    "Suggestion",
    "Supply",
    "Toxicity",
    "Via",
    "resolve",
    "suggest",
]
