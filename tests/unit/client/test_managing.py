"""The calls of the management API one by one: all that the store describes can be asked with the client."""

import json
import re

import httpx2
import pytest

from openaddons.client import EdgeAddons, NotSupported
from openaddons.surfaces.manage.app import ENDPOINTS

from .managing import CALLS, Managed
from .scripted import API_KEY, ScriptedStore, client

NOT_FOUND = httpx2.Response(404, json={"statusCode": 404, "message": "Resource not found."})
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.request)


@each_call
@pytest.mark.usefixtures("both_shells")
def test_each_verb_sends_one_request_and_reads_its_answer(call: Managed) -> None:
    store = ScriptedStore(call.answered, managed=True)

    assert call.verb(client(store)) == call.result

    (sent,) = store.requests
    method, _, target = call.request.partition(" ")
    assert (sent.method, sent.url.raw_path.decode()) == (method, f"/manage/v1{target}")
    if isinstance(call.body, bytes):
        assert sent.content == call.body
    else:
        assert (json.loads(sent.content) if sent.content else None) == call.body
    assert sent.headers["authorization"].startswith("ApiKey ")


@each_call
@pytest.mark.usefixtures("both_shells")
def test_a_store_without_the_management_api_is_not_supported(call: Managed) -> None:
    with pytest.raises(NotSupported) as caught:
        call.verb(client(ScriptedStore(NOT_FOUND, managed=True)))

    assert caught.value.exit_code == 2


@each_call
def test_microsofts_store_is_never_asked(call: Managed) -> None:
    store = ScriptedStore()

    with (
        EdgeAddons(
            API_KEY,
            base_url="https://API.addons.microsoftedge.microsoft.com:443/v1",
            transport=store.transport,
        ) as addons,
        pytest.raises(NotSupported),
    ):
        call.verb(addons)

    assert store.requests == []


def test_the_client_can_ask_all_that_the_store_describes() -> None:
    asked = "\n".join(call.request.partition("?")[0] for call in CALLS)
    forms = {each.name: re.sub(r"{\w+}", "[^/\n]+", f"{each.method} {each.path}") for each in ENDPOINTS}

    missing = [name for name, form in forms.items() if not re.search(f"^{form}$", asked, re.MULTILINE)]

    assert missing == []
