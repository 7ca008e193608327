"""Who approves: the store's certification policy and those of single products, for administrators."""

from typing import Any, Final

from openaddons.errors import NotKnown, ValueRefused
from openaddons.ids import read_guid
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.certification.policies import (
    Source,
    choose_store_certification,
    products_with_own_policy,
    store_certification_in_force,
)
from openaddons.store.products import find_product, set_certification
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.forms import Form
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who

_PATH: Final = "/admin/policies"
_CHOICES: Final = {
    CertificationPolicy.AUTOMATIC.value: "automatic: approved at once; the package check found no error",
    CertificationPolicy.DELAYED.value: "delayed: approved after a set time, unless a person stops it",
    CertificationPolicy.MANUAL.value: "manual: a person decides",
}


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, refusal: ValueRefused | None = None) -> Html:
    values = visit.read(_values, settings=visit.settings)
    values |= {
        "problems": {} if refusal is None else {refusal.facts["name"]: refusal.facts["problem"]},
        "typed": visit.form,
    }
    return Html("certification/policies.html", values, status=200 if refusal is None else 400)


def _values(tx: Transaction, *, settings: Settings) -> dict[str, Any]:
    return {
        "store": store_certification_in_force(tx, settings=settings),
        "setting": settings.certification,
        "choices": _CHOICES,
        "own": products_with_own_policy(tx),
        "developer_policies": DEVELOPER_POLICIES.values(),
    }


def _choose(visit: Visit) -> Answer:
    try:
        policy = _policy(visit.form, "policy", otherwise=Source.SETTING)
        delay = _delay_seconds(visit.form, "delay")
        visit.run(choose_store_certification, policy=policy, delay_seconds=delay, actor=visit.actor)
    except ValueRefused as refusal:
        return _page(visit, refusal)
    return Redirect(f"/dashboard{_PATH}", notice="saved")


def _choose_for_product(visit: Visit) -> Answer:
    try:
        policy = _policy(visit.form, "product_policy", otherwise=Source.STORE)
        delay = _delay_seconds(visit.form, "product_delay")
        visit.run(
            _set_of_product,
            named=visit.form["product"],
            policy=policy,
            delay_seconds=delay,
            actor=visit.actor,
        )
    except ValueRefused as refusal:
        return _page(visit, refusal)
    return Redirect(f"/dashboard{_PATH}", notice="saved")


def _set_of_product(
    tx: Transaction, *, named: str, policy: CertificationPolicy | None, delay_seconds: int | None, actor: str
) -> None:
    try:
        # Not every text can be looked up: PostgreSQL takes no NUL.
        product = find_product(tx, id_or_crx_id=named if named.isalnum() else read_guid(named) or "")
    except NotKnown:
        raise ValueRefused(name="product", problem="there is no product of that ID.") from None
    set_certification(tx, product_id=product.id, policy=policy, delay_seconds=delay_seconds, actor=actor)


def _policy(form: Form, name: str, *, otherwise: Source) -> CertificationPolicy | None:
    """The policy that was chosen; None: none of one's own."""
    word = form[name]
    if word == otherwise.value:
        return None
    if word not in _CHOICES:
        raise ValueRefused(name=name, problem="choose one of them.")
    return CertificationPolicy(word)


def _delay_seconds(form: Form, name: str) -> int | None:
    """What was typed in hours, in seconds; None: nothing was."""
    typed = form[name]
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6):
        raise ValueRefused(name=name, problem="type whole hours, or leave it empty.")
    return int(typed) * 3600


PAGES: Final = (
    Page("certification policies", "GET", _PATH, Who.ADMINISTRATOR, _show),
    Page("choose policy", "POST", _PATH, Who.ADMINISTRATOR, _choose),
    Page("choose policy of product", "POST", _PATH + "/product", Who.ADMINISTRATOR, _choose_for_product),
)
