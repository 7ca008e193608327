"""Every fault of the emulator with every command, and those that pass with both shells of the client."""

import asyncio
import io
import json
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from inspect import isasyncgen, iscoroutine
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from openaddons.cli.main import main
from openaddons.cli.publishing import running
from openaddons.client import ApiKey, AsyncEdgeAddons, EdgeAddons, EdgeAddonsError
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.testing import EdgeStore, emulator
from tests.acceptance.matrix import RESERVED_ENDS, TROUBLES, Kind, exit_code

Client = Any  # EdgeAddons or AsyncEdgeAddons, whose results are awaited

SEED: Final = {
    "publishers": [
        {
            "name": "Matrix",
            "products": [
                {"id": "aaaaaaaa-0000-4000-8000-000000000001", "name": "Plain"},
                {
                    "id": "aaaaaaaa-0000-4000-8000-000000000002",
                    "name": "Reviewed",
                    "state": "In the store + update in review",
                    "certification": "manual",
                },
            ],
        }
    ]
}
PLAIN, REVIEWED = (product["id"] for product in SEED["publishers"][0]["products"])  # type: ignore[index]
TIMEOUT_SECONDS: Final = 600.0  # of which nobody waits a second


@dataclass(slots=True)
class Hurry:
    """A clock that jumps when the client sleeps; the emulator's, if given, jumps with it."""

    store: EdgeStore | None = None
    skipped_seconds: float = 0.0

    def clock(self) -> float:
        return time.monotonic() + self.skipped_seconds

    def sleep(self, seconds: float) -> None:
        self.skipped_seconds += seconds
        if self.store is not None:
            self.store.advance_clock(seconds)

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the calls of a case need, made before anything goes wrong."""

    store: EdgeStore
    client: EdgeAddons

    def package(self, version: str = "1.1.0") -> io.BytesIO:
        return io.BytesIO(self.store.package(version))

    def uploaded(self, version: str = "1.1.0") -> str:
        operation_id = self.client.upload(PLAIN, self.package(version))
        self.client.wait_upload(PLAIN, operation_id)
        return operation_id

    def published(self, version: str = "1.1.0") -> str:
        self.uploaded(version)
        operation_id = self.client.publish(PLAIN)
        self.client.wait_publish(PLAIN, operation_id)
        return operation_id

    def in_store(self, version: str = "1.1.0") -> None:
        self.published(version)
        self.client.wait_in_store(PLAIN, version)

    def in_review(self) -> str:
        submission = self.client.product(REVIEWED).submission
        assert submission is not None
        return submission.id

    def spare_key(self) -> str:
        return self.client.create_key().id


@dataclass(frozen=True, slots=True)
class Verb:
    """A method of the client, and what has to be there for it."""

    kind: Kind
    endpoint: str
    prepare: Callable[[Scene], Any]
    call: Callable[[Client, Scene, Any], Any]


VERBS: Final = {
    "upload": Verb(
        Kind.UPLOAD, "upload", lambda _: None, lambda client, scene, _: client.upload(PLAIN, scene.package())
    ),
    "wait_upload": Verb(
        Kind.LOOK, "uploadStatus", Scene.uploaded, lambda client, _, made: client.wait_upload(PLAIN, made)
    ),
    "publish": Verb(
        Kind.PUBLISH, "publish", Scene.uploaded, lambda client, *_: client.publish(PLAIN, notes="once")
    ),
    "wait_publish": Verb(
        Kind.LOOK, "publishStatus", Scene.published, lambda client, _, made: client.wait_publish(PLAIN, made)
    ),
    "wait_in_store": Verb(
        Kind.ASK, "manage", Scene.in_store, lambda client, *_: client.wait_in_store(PLAIN, "1.1.0")
    ),
    "products": Verb(Kind.ASK, "manage", lambda _: None, lambda client, *_: client.products()),
    "cancel": Verb(
        Kind.CHANGE, "manage", Scene.in_review, lambda client, _, made: client.cancel(REVIEWED, made)
    ),
    "roll_back": Verb(
        Kind.CHANGE, "manage", Scene.in_store, lambda client, *_: client.roll_back(PLAIN, reason="It leaks.")
    ),
    "rotate_key": Verb(
        Kind.CHANGE, "manage", Scene.spare_key, lambda client, _, made: client.rotate_key(made)
    ),
    "revoke_key": Verb(
        Kind.REVOKE, "manage", Scene.spare_key, lambda client, _, made: client.revoke_key(made)
    ),
}


@pytest.fixture(scope="module")
def scene_of_all() -> Iterator[Scene]:
    with (
        emulator(seed=SEED) as store,
        EdgeAddons(
            ApiKey(store.client_id, store.api_key),
            base_url=store.url,
            sleep=lambda _: time.sleep(0.01),  # between looks at a store that needs no more
        ) as client,
    ):
        yield Scene(store, client)


@pytest.fixture
def scene(scene_of_all: Scene) -> Scene:
    scene_of_all.store.reset()
    return scene_of_all


def run(scene: Scene, verb: Verb, made: Any) -> object:
    """Call the synchronous client, which never really sleeps."""
    hurry, credentials = Hurry(), ApiKey(scene.store.client_id, scene.store.api_key)
    with EdgeAddons(
        credentials,
        base_url=scene.store.url,
        timeout_seconds=TIMEOUT_SECONDS,
        clock=hurry.clock,
        sleep=hurry.sleep,
    ) as client:
        result = verb.call(client, scene, made)
        return list(result) if isinstance(result, Iterator) else result


def run_async(scene: Scene, verb: Verb, made: Any) -> object:
    """The same by the asynchronous client."""
    hurry, credentials = Hurry(), ApiKey(scene.store.client_id, scene.store.api_key)

    async def call() -> object:
        async with AsyncEdgeAddons(
            credentials,
            base_url=scene.store.url,
            timeout_seconds=TIMEOUT_SECONDS,
            clock=hurry.clock,
            sleep=hurry.sleep_async,
        ) as client:
            result = verb.call(client, scene, made)
            if isasyncgen(result):
                return [each async for each in result]
            assert iscoroutine(result)
            return await result

    return asyncio.run(call())


# What goes by. What stays is asked of every verb in tests/wire/emulator/test_matrix.py.
PASSING: Final = [name for name, trouble in TROUBLES.items() if trouble.passes]
CASES = [
    pytest.param(runner, verb, trouble, id=f"{shell}: {trouble}: {verb}")
    for shell, runner in (("sync", run), ("async", run_async))
    for trouble in PASSING
    for verb in VERBS
]


@pytest.mark.parametrize(("runner", "name", "trouble"), CASES)
def test_a_fault_that_passes_is_lived_through_and_nothing_is_done_twice(
    scene: Scene, runner: Callable[[Scene, Verb, Any], object], name: str, trouble: str
) -> None:
    verb, expected = VERBS[name], TROUBLES[trouble]
    made = verb.prepare(scene)
    before = _counted(scene, verb)
    scene.store.fail(verb.endpoint, **expected.fault)

    raised: EdgeAddonsError | None = None
    try:
        runner(scene, verb, made)
    except EdgeAddonsError as error:
        raised = error
    shown = "" if raised is None else _shown(raised)
    scene.store.clear_faults()

    assert type(raised) is (expected.ends[verb.kind] or type(None)), shown
    assert scene.store.api_key not in shown
    if raised is not None:
        assert raised.advice
        assert raised.exit_code in range(2, 10)
    assert all(count <= 1 for count in (_counted(scene, verb) - before).values())


def _counted(scene: Scene, verb: Verb) -> Counter[str]:
    """How much there is of what the verb makes, and must not make twice."""
    counted: Counter[str] = Counter()
    if verb.kind is Kind.PUBLISH:
        counted["operations"] = len(_operations(scene, "publish"))
    if verb.kind in {Kind.PUBLISH, Kind.CHANGE}:
        counted["submissions"] = len(scene.client.submissions(PLAIN))
    if verb.kind is Kind.CHANGE:
        counted["keys"] = len(scene.client.keys())
    return counted


def _operations(scene: Scene, kind: str) -> list[Any]:
    """The product's operations, as the store tells them."""
    answer = scene.store.http.get(
        f"/manage/v1/products/{PLAIN}/operations",
        params={"kind": kind},
        headers={"Authorization": f"ApiKey {scene.store.api_key}", "X-ClientID": scene.store.client_id},
    )
    operations: list[Any] = answer.json()["operations"]
    return operations


def _shown(error: EdgeAddonsError) -> str:
    """All that can be printed of an exception, also by tools that print the variables of each frame."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    told.stack[:] = [frame for frame in told.stack if frame.filename != __file__]
    return "".join([*told.format(), repr(error), str(vars(error))])


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the endpoint at which it comes to grief."""

    kind: Kind
    endpoint: str
    prepare: Callable[[Scene], Any]
    arguments: Callable[[str, Any], list[str]]
    """Of the path of a package and of what was prepared."""


COMMANDS: Final = {
    "upload, sent": Command(Kind.UPLOAD, "upload", lambda _: None, lambda path, _: ["upload", path]),
    "upload, followed": Command(Kind.LOOK, "uploadStatus", lambda _: None, lambda path, _: ["upload", path]),
    "publish, uploading": Command(Kind.UPLOAD, "upload", lambda _: None, lambda path, _: ["publish", path]),
    "publish, checked": Command(Kind.LOOK, "uploadStatus", lambda _: None, lambda path, _: ["publish", path]),
    "publish, sent": Command(Kind.PUBLISH, "publish", lambda _: None, lambda path, _: ["publish", path]),
    "publish, followed": Command(
        Kind.LOOK, "publishStatus", lambda _: None, lambda path, _: ["publish", path]
    ),
    "publish, into the store": Command(
        Kind.ASK, "manage", lambda _: None, lambda path, _: ["publish", path, "--wait", "in-store"]
    ),
    "status": Command(
        Kind.LOOK, "publishStatus", Scene.published, lambda _, made: ["status", made, "--kind", "publish"]
    ),
    "wait": Command(
        Kind.LOOK, "uploadStatus", Scene.uploaded, lambda _, made: ["wait", made, "--kind", "upload"]
    ),
    "check-credentials": Command(Kind.ASK, "manage", lambda _: None, lambda *_: ["check-credentials"]),
    "webhook create": Command(
        Kind.CHANGE, "manage", lambda _: None, lambda *_: ["webhook", "create", "http://127.0.0.1:9/"]
    ),
}


def run_command(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, *arguments: str, product_id: str = PLAIN
) -> tuple[int, str, dict[str, Any]]:
    """Run a command in this process, with a client that does not really sleep; its exit code and what it said."""
    hurry = Hurry(scene.store)
    client = partial(EdgeAddons, clock=hurry.clock, sleep=hurry.sleep)
    monkeypatch.setattr(running, "EdgeAddons", client)
    environment = scene.store.environment() | {"EDGE_ADDONS_PRODUCT_ID": product_id}
    done = CliRunner().invoke(
        main, [*arguments, "--json", "--timeout", f"{TIMEOUT_SECONDS:g}"], env=environment
    )
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output, json.loads(done.stdout)


def package_in(folder: Path, scene: Scene) -> str:
    path = folder / "extension.zip"
    path.write_bytes(scene.store.package("1.1.0"))
    return str(path)


def name_of(ends: type[EdgeAddonsError]) -> str:
    """The outcome that scripts are told: ``StoreUnavailable`` is ``store_unavailable``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", ends.__name__).lower()


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_fault_has_one_exit_code(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, trouble: str
) -> None:
    command, expected = COMMANDS[name], TROUBLES[trouble]
    ends = expected.ends[command.kind]
    made = command.prepare(scene)
    monkeypatch.chdir(tmp_path)
    scene.store.fail(command.endpoint, **expected.fault)

    code, output, answer = run_command(
        scene, monkeypatch, *command.arguments(package_in(tmp_path, scene), made)
    )
    scene.store.clear_faults()

    assert (code, answer["outcome"] if ends else None) == (
        exit_code(ends, command.kind),
        name_of(ends) if ends else None,
    )
    assert scene.store.api_key not in output
    assert answer["advice"] or code == 0
    assert len(_operations(scene, "publish")) <= 1 + ("status" in name)
    assert len(scene.client.submissions(PLAIN)) <= 2


@pytest.mark.parametrize("name", RESERVED_ENDS)
def test_the_story_at_a_reserved_product_ends_as_it_must(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    ends, kind = RESERVED_ENDS[name]
    monkeypatch.chdir(tmp_path)

    code, output, answer = run_command(
        scene,
        monkeypatch,
        "publish",
        package_in(tmp_path, scene),
        product_id=scene.store.reserved(name),
    )

    assert (code, answer["outcome"]) == (exit_code(ends, kind), name_of(ends) if ends else "published")
    assert scene.store.api_key not in output


def test_every_reserved_product_has_its_row() -> None:
    assert [each.name for each in RESERVED] == list(RESERVED_ENDS)
