"""What stands before every page: forms of other sites, methods, cookies, and the headers of each answer."""

import uuid
from collections.abc import Iterator

import pytest

from openaddons.errors import NotKnown
from openaddons.store.people.visitors import Role
from openaddons.surfaces.dashboard import app as dashboard
from openaddons.surfaces.dashboard.pages import Html, Page, Redirect, Visit, Who
from tests.stores import RunningStore
from tests.wire.conftest import OpenStore, new_account, new_product
from tests.wire.dashboard.conftest import Browser, sign_in


def show(visit: Visit) -> Html:
    return Html("refusal.html", {"refusal": NotKnown(noun="form", id="<b>"), "title": "A form"})


def show_form(visit: Visit) -> Html:
    return Html("probe.html")


def take(visit: Visit) -> Redirect:
    return Redirect(f"/dashboard/probe/{visit.form['next']}", notice="saved")


PROBES = (
    Page("probe", "GET", "/probe", Who.ANYBODY, show_form),
    Page("probe page", "GET", "/probe/{name}", Who.SIGNED_IN, show),
    Page("send probe", "POST", "/probe", Who.ANYBODY, take),
    Page("product", "GET", "/products/{product_id}", Who.DEVELOPER, show),
)


@pytest.fixture(scope="module")
def probed(open_own_store: OpenStore) -> Iterator[RunningStore]:
    """A store whose dashboard has three pages of these tests."""
    patch = pytest.MonkeyPatch()
    patch.setattr(dashboard, "PAGES", PROBES)
    patch.setattr(dashboard, "open_templates", _with_probe)
    with open_own_store() as running:
        yield running
    patch.undo()


def _with_probe(*folders: object) -> object:
    from jinja2 import ChoiceLoader, DictLoader

    from openaddons.surfaces.design import open_templates

    templates = open_templates(*folders)  # type: ignore[arg-type]
    form = '<form method="post">{{ csrf() }}</form>'
    templates.loader = ChoiceLoader([templates.loader, DictLoader({"probe.html": form})])  # type: ignore[list-item]
    return templates


def test_a_form_of_ones_own_page_is_taken_and_the_notice_is_shown(probed: RunningStore) -> None:
    browser = sign_in(probed)

    answer = browser.send("/dashboard/probe", {"next": "one"})
    page = browser.get(answer.headers["location"])

    assert answer.headers["location"] == "/dashboard/probe/one?notice=saved"
    assert '<p class="notice" role="status">Saved.</p>' in page.text
    assert "There is no form &lt;b&gt;." in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_right_proof(
    probed: RunningStore, headers: dict[str, str]
) -> None:
    browser = sign_in(probed)

    answer = browser.http.post(
        "/dashboard/probe", data={"csrf": browser.proof("/dashboard/probe")}, headers=headers
    )

    assert answer.status_code == 403
    assert "FormForeign" in answer.text


@pytest.mark.parametrize("proof", ["", "0" * 64, "é", "x" * 100_000])
def test_a_form_without_the_proof_is_refused(probed: RunningStore, proof: str) -> None:
    browser = sign_in(probed)

    answer = browser.http.post("/dashboard/probe", data={"csrf": proof})

    assert (answer.status_code, "FormForeign" in answer.text) == (403, True)


def test_the_proof_of_one_browser_is_none_for_another(probed: RunningStore) -> None:
    proof = Browser(probed).proof("/dashboard/probe")

    for other in (sign_in(probed), Browser(probed)):
        other.get("/dashboard/probe")
        assert other.http.post("/dashboard/probe", data={"csrf": proof}).status_code == 403


def test_whoever_is_not_signed_in_is_led_to_sign_in_and_back(probed: RunningStore) -> None:
    answer = Browser(probed).get("/dashboard/probe/two?x=%2F%2Fy", status=303)

    assert (
        answer.headers["location"] == "/dashboard/sign-in?next=%2Fdashboard%2Fprobe%2Ftwo%3Fx%3D%252F%252Fy"
    )


def test_every_answer_lets_browsers_run_nothing_that_is_not_ours(probed: RunningStore) -> None:
    browser = sign_in(probed)

    for path, status in (("/dashboard/probe", 200), ("/dashboard/probe/x", 200)):
        headers = browser.get(path, status).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "same-origin"


def test_the_cookie_of_forms_is_no_business_of_scripts(probed: RunningStore) -> None:
    cookie = Browser(probed).get("/dashboard/probe").headers["set-cookie"]

    assert cookie.startswith("openaddons-form=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")


def test_fixed_files_are_kept_by_browsers_for_their_address_names_their_bytes(probed: RunningStore) -> None:
    page = sign_in(probed).get("/dashboard/probe/x").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    named = Browser(probed).get(address).headers
    plain = Browser(probed).get(address.partition("?")[0]).headers

    assert named["cache-control"] == "public, max-age=31536000, immutable"
    assert plain["cache-control"] == "public, no-cache"
    assert named["content-type"] == "text/css; charset=utf-8"


def test_what_is_no_form_is_refused(probed: RunningStore) -> None:
    answer = sign_in(probed).http.post("/dashboard/probe", json={})

    assert (answer.status_code, "FormUnreadable" in answer.text) == (400, True)


def test_a_role_that_does_not_suffice_is_told(probed: RunningStore) -> None:
    account = new_account(probed)
    product = new_product(probed, account)

    page = sign_in(probed, account=account, role=Role.VIEWER).get(f"/dashboard/products/{product.id}", 403)

    assert "This needs the role of developer. Ask an owner of the publisher." in page.text


def test_what_is_not_there_and_what_is_somebody_elses_are_one(probed: RunningStore) -> None:
    product = new_product(probed, new_account(probed))
    stranger = sign_in(probed, account=new_account(probed))

    for wanted in (product.id, str(uuid.uuid4()), "no-guid", "%00"):
        assert "Resource not found." in stranger.get(f"/dashboard/products/{wanted}", 404).text
