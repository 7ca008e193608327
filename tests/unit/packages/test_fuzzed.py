"""Whatever the bytes are, the check answers, within its limits. ``tests/fuzz`` asks the same of many more."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openaddons.packages.check import Report
from tests.corpus.make import FOLDER
from tests.corpus.writer import Member, extra, manifest, pack, script
from tests.fuzz.mutations import WORDS, mutated
from tests.fuzz.oracle import judge
from tests.unit.packages.pictures import png
from tests.unit.packages.rules.asking import FILES, JSON, SOUND

bounded = settings(deadline=None, derandomize=True, max_examples=100)

KNOWN = st.recursive(
    JSON | st.sampled_from(WORDS),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(WORDS), values, max_size=3),
    max_leaves=12,
)
"""JSON of words that mean something to some rule."""
BYTES = st.binary(max_size=40)
NUMBERS = st.integers(0, 0xFFFF) | st.sampled_from([8, 9, 99, 0xFFFE, 0xFFFF])
FIELDS = st.dictionaries(
    st.sampled_from(["crc", "packed", "size", "flags", "method", "signature", "offset", "disk"]),
    NUMBERS,
    max_size=2,
)
MEMBERS = st.builds(
    Member,
    name=st.sampled_from([b"a.js", b"manifest.json", b"a/", b"a", b"../a", b"_locales/en/messages.json"])
    | BYTES,
    data=BYTES,
    method=st.sampled_from([0, 8, 9]),
    mode=st.integers(0, 0xFFFF),
    packed=st.none() | BYTES,
    central_extra=BYTES | st.builds(extra, st.sampled_from([1, 0x7075]), BYTES),
    local_extra=BYTES | st.builds(extra, st.sampled_from([1, 0x7075]), BYTES),
    descriptor=BYTES,
    both=FIELDS,
    local=FIELDS,
    central=FIELDS,
)
SEEDS = sorted(FOLDER.glob("accept/*.zip"))


def report_on(files: dict[str, bytes]) -> Report:
    return judge(pack([Member(name.encode(), data) for name, data in files.items()]))[0]


def package(keys: dict[str, Any], **files: Any) -> dict[str, bytes]:
    texts = {name: json.dumps(value).encode() for name, value in files.items()}
    return {"manifest.json": json.dumps(SOUND | keys).encode(), "16.png": png(16), **FILES, **texts}


def flipped(data: bytes, random: Random) -> bytes:
    changed = bytearray(data or b"\0")
    for _ in range(random.randrange(1, 4)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


@bounded
@given(st.dictionaries(st.sampled_from(WORDS), KNOWN, max_size=4))
def test_any_manifest_of_known_words_is_judged(keys: dict[str, Any]) -> None:
    report_on(package(keys))


@bounded
@given(KNOWN, st.sampled_from(["__MSG_a__", "__MSG_message__ $a$", "x"]))
def test_any_catalogue_is_judged(messages: Any, name: str) -> None:
    keys = {"name": name, "default_locale": "en"}
    catalogues = dict.fromkeys(("_locales/en/messages.json", "_locales/de/messages.json"), messages)

    report_on(package(keys, **catalogues))


@bounded
@given(
    st.lists(
        st.fixed_dictionaries({}, optional={"id": KNOWN, "condition": KNOWN, "action": KNOWN}), max_size=3
    )
    | KNOWN
)
def test_any_ruleset_is_judged(rules: Any) -> None:
    resources = [{"id": "a", "path": "rules.json", "enabled": True}]
    keys = {
        "permissions": ["declarativeNetRequest"],
        "declarative_net_request": {"rule_resources": resources},
        "storage": {"managed_schema": "rules.json"},
    }

    report_on(package(keys, **{"rules.json": rules}))


@bounded
@given(
    st.lists(MEMBERS, max_size=3),
    st.dictionaries(
        st.sampled_from(["here", "count", "size", "offset", "comment", "disk"]), NUMBERS, max_size=1
    ),
    st.none()
    | st.dictionaries(st.sampled_from(["count", "size", "offset", "at", "disks"]), NUMBERS, max_size=1),
    st.dictionaries(
        st.sampled_from(["prefix", "before_directory", "before_end", "comment", "suffix"]), BYTES, max_size=1
    ),
)
def test_any_archive_is_judged(
    members: list[Member], end: dict[str, int], zip64: dict[str, int] | None, between: dict[str, bytes]
) -> None:
    judge(pack([manifest(), *members, script()], end=end, zip64=zip64, **between))


@bounded
@given(st.sampled_from(SEEDS), st.integers(0, 1 << 32), st.integers(1, 3))
def test_any_change_to_a_package_is_judged(seed: Any, chance: int, times: int) -> None:
    random = Random(chance)
    data = seed.read_bytes()
    for _ in range(times):
        data = mutated(data, random, lambda content: flipped(content, random))
    judge(data)


def test_the_oracle_knows_a_sound_package_from_a_broken_one() -> None:
    sound, cost = judge(pack([manifest(), script()]))
    broken, _ = judge(pack([manifest()], suffix=b"x"))

    assert sound.package is not None
    assert cost.unpacked_bytes == sum(len(member.data) for member in (manifest(), script()))
    assert broken.package is None


def test_the_oracle_speaks_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.oracle.LONGEST_MESSAGE", 10)

    with pytest.raises(AssertionError):
        judge(pack([manifest()], suffix=b"x"))
