from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.packages.rules.asking import JSON, codes, messages, report_on

INVALID = "TtsEngineInvalid"


@pytest.mark.parametrize(
    "engine",
    [
        *({}, {"sample_rate": 1}, {"voices": []}, {"voices": [{}]}),
        {"voices": [{"voice_name": "A", "lang": "en-US", "remote": True, "gender": 1}]},
        {"voices": [{"event_types": ["start", "word", "sentence", "marker", "end", "error"]}]},
        {"voices": [], "sample_rate": 3000, "buffer_size": 1},
        {"voices": [], "sample_rate": 768_000, "buffer_size": 768_000},
        *(
            {"voices": [{"lang": tag}]}
            for tag in ("de", "gsw", "zh-Hant-TW", "de_DE-1996", "en-x-a", "en.UTF-8@euro")
        ),
    ],
)
def test_a_sound_engine_breaks_no_rule(engine: Any) -> None:
    assert INVALID not in codes({"tts_engine": engine})


@pytest.mark.parametrize(
    ("engine", "where", "problem"),
    [
        (None, "", "expected dictionary, got null"),
        ({"voices": "x"}, ".voices", "expected list, got string"),
        ({"voices": [1]}, ".voices[0]", "expected dictionary, got integer"),
        ({"voices": [{"voice_name": 1}]}, ".voices[0].voice_name", "expected string, got integer"),
        ({"voices": [{"remote": 1}]}, ".voices[0].remote", "expected boolean, got integer"),
        ({"voices": [{"lang": 1}]}, ".voices[0].lang", "expected string, got integer"),
        *(
            ({"voices": [{"lang": tag}]}, ".voices[0].lang", f"{tag} is no language")
            for tag in ("", "x", "german", "e-US", "en-", "en-US-Latn", "en@x=y", "é")
        ),
        ({"voices": [{"event_types": ["end", "end"]}]}, ".voices[0].event_types", "an event occurs twice"),
        (
            {"voices": [], "sample_rate": 2999, "buffer_size": 1},
            ".sample_rate",
            "it must be from 3000 to 768000",
        ),
        (
            {"voices": [], "sample_rate": 3000, "buffer_size": 0},
            ".buffer_size",
            "it must be from 1 to 768000",
        ),
        (
            {"voices": [], "sample_rate": 3000.0, "buffer_size": 1},
            ".sample_rate",
            "expected integer, got double",
        ),
        ({"voices": [], "sample_rate": 3000}, "", "it needs both sample_rate and buffer_size, or neither"),
    ],
)
def test_a_faulty_one_is_told(engine: Any, where: str, problem: str) -> None:
    assert messages(INVALID, {"tts_engine": engine}) == [f"Invalid value for 'tts_engine{where}': {problem}."]


def test_an_event_that_nobody_knows_is_refused() -> None:
    assert INVALID in codes({"tts_engine": {"voices": [{"event_types": ["sneeze"]}]}})


@given(JSON, st.sampled_from(["voice_name", "lang", "remote", "event_types"]), st.text("aenUS-_.@=12"))
def test_no_value_is_too_strange(value: Any, member: str, tag: str) -> None:
    report_on({"tts_engine": value})
    report_on({"tts_engine": {"voices": value, "sample_rate": value}})
    report_on({"tts_engine": {"voices": [{member: value}, {"lang": tag}], "buffer_size": value}})
