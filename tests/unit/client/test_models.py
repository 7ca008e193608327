import copy
import pickle
import re
from pathlib import Path

import pytest

from openaddons import client
from openaddons.client import ApiKey, ClientSecret, EdgeAddonsError, NotFound
from openaddons.client import errors as error_module
from openaddons.client.models import checked_url

from .scripted import API_KEY, CLIENT_SECRET, SECRET


@pytest.mark.parametrize("credentials", [API_KEY, CLIENT_SECRET])
def test_the_repr_of_credentials_holds_no_secret(credentials: ApiKey | ClientSecret) -> None:
    assert "client-1" in repr(credentials)
    assert SECRET not in repr(credentials)


@pytest.mark.parametrize("credentials", [API_KEY, CLIENT_SECRET])
def test_credentials_are_values(credentials: ApiKey | ClientSecret) -> None:
    again = pickle.loads(pickle.dumps(credentials))

    assert (again, hash(again), copy.deepcopy(credentials)) == (credentials, hash(credentials), credentials)
    assert credentials not in {ApiKey("client-1", "another"), API_KEY.secrets, None}
    with pytest.raises(AttributeError, match="stays as it is"):
        credentials.client_id = "client-2"


@pytest.mark.parametrize("key", ["", "s3cr3t\n", " s3cr3t", "s3 cr3t", "s3cr3t\u00e9", "s3cr3t\x00"])
def test_a_key_that_a_header_cannot_carry_is_refused_without_quoting_it(key: str) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        ApiKey("client-1", key)

    assert "s3" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "store.test",
        "ftp://store.test",
        "https://",
        "https://me:s3cr3t@store.test",
        "https://store.test/?key=s3cr3t",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_plain_http_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="base_url must") as caught:
        checked_url("base_url", url)

    assert "s3cr3t" not in str(caught.value)


def test_public_names_are_sorted_and_there() -> None:
    assert client.__all__ == sorted(
        client.__all__, key=lambda name: (not name.isupper(), name[0].islower(), name)
    )
    assert all(hasattr(client, name) for name in client.__all__)


def test_the_reference_has_everything_public() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sdk-reference.md").read_text(encoding="utf-8")

    assert [name for name in client.__all__ if not re.search(rf"\b{name}\b", page)] == []


def outcomes() -> list[type[EdgeAddonsError]]:
    return [
        value
        for value in vars(error_module).values()
        if isinstance(value, type) and issubclass(value, EdgeAddonsError)
    ]


@pytest.mark.parametrize("outcome", outcomes())
def test_every_outcome_is_public_drawn_in_the_tree_and_gives_advice(outcome: type[EdgeAddonsError]) -> None:
    error = outcome("What is the case.")

    assert outcome.__name__ in client.__all__
    assert f"{outcome.__name__} " in (error_module.__doc__ or "")
    assert error.message == str(error) == "What is the case."
    assert error.advice.endswith(".")
    assert 2 <= error.exit_code <= 9


def test_an_outcome_survives_a_process_boundary() -> None:
    error = pickle.loads(pickle.dumps(NotFound("Gone.", operation_id="1", http_status=404)))

    assert (error.message, error.operation_id, error.http_status) == ("Gone.", "1", 404)
