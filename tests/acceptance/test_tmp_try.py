import sys
from pathlib import Path
import pytest
from tests.acceptance.clients import *
from tests.acceptance.conftest import Store
from tests.acceptance.relay import Relay
from tests.stores import make_zip


@pytest.mark.parametrize("client", CLIENTS, ids=lambda c: c.name)
@pytest.mark.parametrize("good", [True, False, None])
def test_x(client, good, store: Store, relay: Relay, tmp_path):
    d = tmp_path / "work"
    d.mkdir()
    z = d / "up.zip"
    z.write_bytes(make_zip("1.1.0") if good is not False else make_zip("1.x"))
    a = store.account
    o = Order(
        z,
        store.product.id,
        a.publisher.client_id,
        a.api_key if good is not None else a.api_key[:-1] + "x",
        a.client_secret if good is not None else "wrong",
        a.publisher.tenant_id,
        "Try it.",
        d,
        Path("/tmp/npmtry"),
    )
    import time

    t = time.time()
    e = relay.run(client.command(o), directory=d, environment=o.environment)
    print(time.time() - t, e.status)
    print(e.output)
    if good:
        print(store.wait_for_release("1.1.0")["submissions"])
    else:
        print(store.shown()["submissions"])
