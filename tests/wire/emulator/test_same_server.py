"""The emulator is the server (promise 9): the same routes and the same answers, and its controls beside them."""

import asyncio
from pathlib import Path
from typing import Any

from starlette.routing import Route

from openaddons.app import open_store, serve_store
from openaddons.emulation import emulate
from openaddons.settings import Settings
from openaddons.surfaces.emulator.reserved import RESERVED
from openaddons.surfaces.emulator.seed import DEFAULT_SEED
from openaddons.testing import EdgeStore
from tests.stores import make_account, make_published, running_store
from tests.wire.emulator.asking import publish

Table = set[tuple[str, tuple[str, ...]]]


def routes(serving: Any) -> Table:
    """Paths and methods of everything that is answered."""
    found = serving.application._routed._app.routes
    assert all(isinstance(route, Route) for route in found)
    return {(route.path, tuple(sorted(route.methods or ()))) for route in found}


def test_the_emulators_routes_are_the_servers_and_its_controls(tmp_path: Path) -> None:
    async def tables() -> tuple[Table, Table]:
        with open_store(Settings(data=tmp_path)) as workshop:
            async with serve_store(workshop) as server:
                of_server = routes(server)
        with emulate(DEFAULT_SEED) as (made, _):
            async with serve_store(made.workshop, emulation=made) as server:
                of_emulator = routes(server)
        return of_server, of_emulator

    of_server, of_emulator = asyncio.run(tables())
    controls = {route for route in of_emulator if route[0].split("/")[1] == "emulator"}

    assert of_server == of_emulator - controls
    assert controls
    assert [route for route in of_server if route[0].startswith("/emulator")] == []


def test_a_store_has_no_controls(tmp_path: Path) -> None:
    with running_store(Settings(data=tmp_path)) as store:
        answers = [
            store.http.get("/emulator"),
            store.http.post("/emulator/reset"),
            store.http.put("/emulator/clock"),
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_an_answer_has_the_headers_that_the_servers_has(tmp_path: Path, edge: EdgeStore) -> None:
    with running_store(Settings(data=tmp_path)) as store:
        account = make_account(store.workshop)
        product = make_published(store.workshop, account)
        path = f"/v1/products/{product.id}/submissions"
        of_server = store.http.post(path, headers=account.headers)

    of_emulator = publish(edge, edge.product_id)

    assert list(of_server.headers) == list(of_emulator.headers)


def test_the_overview_lists_the_reserved_products(edge: EdgeStore) -> None:
    overview = edge.http.get("/emulator").json()

    assert [each.id for each in RESERVED] == [each["id"] for each in overview["reservedProducts"]]
    assert list(overview) == ["version", "clock", "progress", "faults", "reservedProducts"]


def test_a_control_has_its_methods(edge: EdgeStore) -> None:
    answer = edge.http.post("/emulator/clock")

    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")
