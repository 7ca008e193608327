"""What the pages of the dashboard cost a large store: CPU of the server for each, beside that of a fixed file."""

import html
import io
import re
import sqlite3
import statistics
import tempfile
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from benchmarks import multitude
from benchmarks.machine import choose_cores
from benchmarks.report import at_most, table
from benchmarks.store import Store, make_package, running_store
from openaddons.client import ApiKey, EdgeAddons
from openaddons.store.publishers import digest_of
from openaddons.surfaces.dashboard.app import PAGES, PREFIX

PRODUCTS: Final = 10_000
EVENTS: Final = 100_000
LIMIT_CPU_SECONDS: Final = 0.050
_REQUESTS: Final = 100  # the kernel counts CPU in hundredths of a second
_SESSION: Final = "session-of-the-benchmark"
_PERSON: Final = "00000000-0000-4000-8000-00000000beef"
_FILES: Final = ("{package_id}", "/package", "{key}")
_IN_REVIEW: Final = 10
"""Of so many products, one is in review."""
_SCRIPT_LINES: Final = 2_000
_CHANGED: Final = 8
"""Of so many lines of the script, the update has one that is new: more rows than a page shows."""


def measure_dashboard() -> str:
    """A table: each page that only shows, what it costs the server, and whether the costliest keeps the limit."""
    cores = choose_cores()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_store(
            Path(folder) / "data", core=cores.server, package=_package("1.0.0"), prepare=_prepare
        ) as store,
    ):
        review = f"{PREFIX}/queue/{_send_update(store)}"
        in_review = {
            "/queue/{submission_id}": review,
            "/queue/{submission_id}/files?file=": f"{review}/files?file=padding.bin",
        }
        least = _cpu_seconds(store, "/addons/static/mark.svg")
        found = {
            page: _cpu_seconds(store, path) for page, path in sorted(_one_of_each(store, in_review).items())
        }
    rows = [["page", "CPU", "of a fixed file's"]]
    rows += [
        [page or "/", f"{seconds * 1e3:.1f} ms", f"{seconds / least:.0f}"] for page, seconds in found.items()
    ]
    median = statistics.median(found.values())
    return "\n".join(
        [
            f"dashboard: {PRODUCTS:,} products, {EVENTS:,} events, SQLite; a page opened {_REQUESTS} times",
            table(rows),
            f"  the middle of the pages: {median * 1e3:.1f} ms; a fixed file: {least * 1e3:.2f} ms",
            at_most("CPU of the costliest page, ms", LIMIT_CPU_SECONDS * 1e3, max(found.values()) * 1e3),
        ]
    )


def _package(version: str) -> bytes:
    """With one script that differs from version to version."""
    lines = (f"  const value{at} = await browser.storage.local.get('{at}');" for at in range(_SCRIPT_LINES))
    script = "\n".join(line if at % _CHANGED else f"{line} // {version}" for at, line in enumerate(lines))
    return make_package(version, padding=script.encode())


def _send_update(store: Store) -> str:
    """Have an update of the first product in review; the submission's id."""
    credentials = ApiKey(store.publisher["client_id"], store.publisher["api_key"])
    with EdgeAddons(credentials, base_url=f"http://127.0.0.1:{store.port}") as client:
        client.wait_upload(store.product_id, client.upload(store.product_id, io.BytesIO(_package("1.1.0"))))
        client.wait_publish(store.product_id, client.publish(store.product_id))
        newest, *_ = client.submissions(store.product_id)
    return newest.id


def _one_of_each(store: Store, known: Mapping[str, str]) -> dict[str, str]:
    """A path for each page to which links lead, by the page's pattern; files to download are left out.

    What is ``known`` is taken as it is.
    """
    patterns = {
        page.path: re.compile(PREFIX + re.sub(r"\{\w+\}", "[^/]+", page.path))
        for page in PAGES
        if page.method == "GET"
    }
    found = {"": PREFIX, **known}
    to_read = list(found.values())
    connection = HTTPConnection("127.0.0.1", store.port)
    while to_read:
        for link in re.findall(rb'href="([^"#]+)', _get(connection, to_read.pop())):
            path = html.unescape(link.decode())
            page = next((page for page, it in patterns.items() if it.fullmatch(path.partition("?")[0])), None)
            if page is not None and page not in found and not page.endswith(_FILES):
                found[page] = path
                to_read.append(path)
    connection.close()
    return found


def _prepare(data: Path) -> None:
    multitude.fill(data, count=PRODUCTS - 1)
    database = sqlite3.connect(data / "openaddons.sqlite3")
    with database:
        database.execute(
            "INSERT INTO people (id, email, name, recovery_digests, reviewer, administrator, created_time) "
            "VALUES (?, 'bench@example.com', 'Bench', '[]', TRUE, TRUE, 0)",
            (_PERSON,),
        )
        # A session of the far future, seen then, so that no page writes that it was seen.
        far = 1 << 52
        database.execute(
            "INSERT INTO sessions (id, digest, person_id, created_time, last_seen_time, expires_time, user_agent, "
            "address) VALUES (?, ?, ?, ?, ?, ?, '', '')",
            (_PERSON, digest_of(_SESSION), _PERSON, far, far, far),
        )
        database.execute(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
            "INSERT INTO events (time, verb, actor, publisher_id, product_id, subject, facts) "
            "SELECT n, 'draft.changed', 'bench@example.com', first.publisher_id, first.id, 'subject', '{}' "
            "FROM numbers, (SELECT id, publisher_id FROM products LIMIT 1) AS first",
            (EVENTS,),
        )
        database.execute(
            "UPDATE products SET certification = 'manual' WHERE rowid = (SELECT min(rowid) FROM products)"
        )
        # A person decides about them: nothing is done for them meanwhile.
        database.execute(
            "UPDATE submissions SET state = 'In review', certification = 'manual', due_time = NULL, "
            "review_due_time = created_time, decided_by = NULL, decided_time = NULL "
            "WHERE rowid % ? = 0",
            (_IN_REVIEW,),
        )
        database.execute(
            "UPDATE products SET state = 'In the store + update in review' WHERE id IN "
            "(SELECT product_id FROM submissions WHERE state = 'In review')"
        )
    database.close()


def _cpu_seconds(store: Store, path: str) -> float:
    """Of the whole server process, for one request; the connection is kept."""
    connection = HTTPConnection("127.0.0.1", store.port)
    _get(connection, path)
    before = store.server.cpu_seconds()
    for _ in range(_REQUESTS):
        _get(connection, path)
    spent = store.server.cpu_seconds() - before
    connection.close()
    return spent / _REQUESTS


def _get(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"Cookie": f"openaddons-session={_SESSION}"})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path}: {answer.status} {body[:500]!r}"
    return body
