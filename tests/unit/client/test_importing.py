"""What ``import openaddons.client`` brings along: the first thing that a user of the SDK waits for."""

import json
import subprocess
import sys

HEAVY = {"anyio", "asyncio", "click", "email", "h11", "http", "httpx2", "logging", "socket", "ssl", "zlib_ng"}
HTTPTOOLS_AND_ITS_OWN = {"httptools", "_cython_3_3_0", "cython_runtime"}
HTTPX2_AND_ITS_OWN = {
    "anyio",
    "certifi",
    "h11",
    "httpcore2",
    "httpx2",
    "idna",
    "truststore",
    "typing_extensions",
}


def imported(statements: str) -> set[str]:
    """The modules that a fresh process has after these statements and had not before."""
    script = (
        f"import json, sys; before = set(sys.modules); {statements}; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    return set(json.loads(subprocess.check_output([sys.executable, "-c", script])))


def test_importing_the_client_imports_nothing_heavy() -> None:
    modules = imported("from openaddons.client import ApiKey, EdgeAddons")

    assert HEAVY & {name.partition(".")[0] for name in modules} == set()


def test_reading_whom_to_trust_begins_before_anything_else_is_imported() -> None:
    modules = imported("import openaddons.__main__, openaddons.client.trust")

    assert modules & {"typing", "re", "enum", "ssl"} == set()
    assert {name for name in modules if name.startswith("openaddons")} == {
        "openaddons",
        "openaddons.__main__",
        "openaddons.client",
        "openaddons.client._surroundings",
        "openaddons.client.trust",
    }


def test_a_client_that_is_made_knows_nothing_of_the_server() -> None:
    modules = imported(
        "import asyncio; from openaddons.client import *; EdgeAddons(ApiKey('a', 'b')).close(); "
        "asyncio.run(AsyncEdgeAddons(ApiKey('a', 'b')).close())"
    )

    ours = {name for name in modules if name.startswith("openaddons")}
    assert {name for name in ours if not name.startswith("openaddons.client")} == {"openaddons"}
    others = {name.partition(".")[0] for name in modules - ours} - sys.stdlib_module_names
    assert others - HTTPX2_AND_ITS_OWN - HTTPTOOLS_AND_ITS_OWN == set()
