"""Who approves: the store's certification policy, for administrators, and how the form of one is read.

A product's own is chosen on its page (`openaddons.surfaces.dashboard.admin.products`).
"""

import re
from typing import Any, Final

from openaddons.errors import ValueRefused
from openaddons.policies import CertificationPolicy
from openaddons.settings import Settings
from openaddons.store.certification.developer_policies import DEVELOPER_POLICIES
from openaddons.store.certification.policies import (
    Source,
    choose_store_certification,
    products_with_own_policy,
    store_certification_in_force,
)
from openaddons.store.session import Transaction
from openaddons.surfaces.dashboard.forms import Form
from openaddons.surfaces.dashboard.pages import Answer, Html, Page, Redirect, Visit, Who

_PATH: Final = "/admin/policies"
_HOURS: Final = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,10})?")
CHOICES: Final = {
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
    store = store_certification_in_force(tx, settings=settings)
    of_setting = store.delay_seconds == settings.certification_delay_seconds
    return {
        "store": store,
        "delay_seconds": None if of_setting else store.delay_seconds,
        "setting": settings.certification,
        "choices": CHOICES,
        "own": products_with_own_policy(tx),
        "developer_policies": DEVELOPER_POLICIES.values(),
    }


def _choose(visit: Visit) -> Answer:
    try:
        policy, delay = read_policy(visit.form, otherwise=Source.SETTING)
        visit.run(choose_store_certification, policy=policy, delay_seconds=delay, actor=visit.actor)
    except ValueRefused as refusal:
        return _page(visit, refusal)
    return Redirect(f"/dashboard{_PATH}", notice="saved")


def read_policy(form: Form, *, otherwise: Source) -> tuple[CertificationPolicy | None, int | None]:
    """The policy that was chosen, None for ``otherwise``, and its delay in seconds if one was typed, in hours.

    Raises `ValueRefused`.
    """
    word, hours = form["policy"], form["delay"]
    if word != otherwise.value and word not in CHOICES:
        raise ValueRefused(name="policy", problem="choose one of them.")
    if hours and not _HOURS.fullmatch(hours):
        raise ValueRefused(name="delay", problem="type hours, such as 24 or 0.5, or leave it empty.")
    policy = None if word == otherwise.value else CertificationPolicy(word)
    return policy, round(float(hours) * 3600) if hours else None


PAGES: Final = (
    Page("certification policies", "GET", _PATH, Who.ADMINISTRATOR, _show),
    Page("choose policy", "POST", _PATH, Who.ADMINISTRATOR, _choose),
)
