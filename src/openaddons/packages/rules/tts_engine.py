"""Rules on ``tts_engine``: voices that read texts aloud."""

from collections.abc import Iterator
from typing import Any, Final

from openaddons.packages.rules.localization import is_locale_tag
from openaddons.packages.rules.shapes import (
    BOOLEAN,
    INTEGER,
    STRING,
    Misfit,
    list_of,
    one_of,
    record,
)
from openaddons.packages.rules.subject import Fault, Subject, rule
from openaddons.packages.rules.values import misfits

_EVENTS = list_of(one_of("start", "word", "sentence", "marker", "end", "error"))
# media/base/limits.h
_SAMPLE_RATES: Final = range(3000, 768_000 + 1)
_BUFFER_SIZES: Final = range(1, 768_000 + 1)
_OBJECT = record()


def _lang(value: Any) -> Iterator[Misfit]:
    if not isinstance(value, str):
        yield from STRING(value)
    elif not is_locale_tag(value):
        yield Misfit((), f"{value} is no language")


def _event_types(value: Any) -> Iterator[Misfit]:
    wrong = tuple(_EVENTS(value))
    yield from wrong
    if not wrong and len(set(value)) < len(value):
        yield Misfit((), "an event occurs twice")


_VOICES = list_of(
    record(optional={"voice_name": STRING, "lang": _lang, "remote": BOOLEAN, "event_types": _event_types})
)


def _tts_engine(value: Any) -> Iterator[Misfit]:
    """Without voices, the browser does not look at the rest."""
    yield from _OBJECT(value)
    if not isinstance(value, dict) or "voices" not in value:
        return
    for misfit in _VOICES(value["voices"]):
        yield misfit.below("voices")
    for key, allowed in (("sample_rate", _SAMPLE_RATES), ("buffer_size", _BUFFER_SIZES)):
        number = value.get(key, allowed.start)
        for misfit in INTEGER(number):
            yield misfit.below(key)
        if type(number) is int and number not in allowed:
            yield Misfit((key,), f"it must be from {allowed.start} to {allowed.stop - 1}")
    if ("sample_rate" in value) != ("buffer_size" in value):
        yield Misfit((), "it needs both sample_rate and buffer_size, or neither")


@rule(
    "TtsEngineInvalid",
    "error",
    message="Invalid value for '{where}': {problem}.",
    about="tts_engine must describe its voices, and have both sample_rate and buffer_size, in range, or "
    "neither.",
    why="The browser offers these voices wherever text is read aloud. It refuses an extension whose "
    "voices, languages, events or sound rates it could not use.",
    fix="See the reference of the key.",
    source="tts_engine_manifest_handler.cc",
)
def tts_engine_invalid(subject: Subject) -> Iterator[Fault]:
    yield from misfits(subject, "tts_engine", shape=_tts_engine)
