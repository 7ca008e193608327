"""Privacy: what the add-on is for, why it needs each permission, and what it collects."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from openaddons.packages.permissions import required, warnings
from openaddons.store.drafts import draft_row, read_package
from openaddons.store.modules import DATA_USAGE, Module
from openaddons.store.products import Product
from openaddons.store.session import Transaction
from openaddons.store.submissions import live_package_id
from openaddons.surfaces.dashboard.forms import Form
from openaddons.surfaces.dashboard.modules.editing import ModuleForm
from openaddons.surfaces.dashboard.pages import Page, Visit


class Permission(NamedTuple):
    """A permission that the draft's package asks for."""

    name: str
    new: bool
    """Whether the version in the store does not have it."""
    warnings: tuple[str, ...]
    """With which words a browser tells users of it."""


def _read(form: Form) -> dict[str, Any]:
    justifications = {
        form[name]: form[f"justification-{name.removeprefix('permission-')}"]
        for name in form.fields
        if name.startswith("permission-")
    }
    return {
        "single_purpose": form["single_purpose"],
        "permission_justifications": {name: text for name, text in justifications.items() if text},
        "remote_code": "remote_code" in form,
        "remote_code_justification": form["remote_code_justification"],
        "data_usage": form.all("data_usage"),
        "certifications": "certifications" in form,
        "privacy_policy_url": form["privacy_policy_url"] or None,
    }


def _more(visit: Visit) -> Mapping[str, Any]:
    return {"permissions": visit.read(_permissions, visit.own_product), "kinds": DATA_USAGE}


def _permissions(tx: Transaction, product: Product) -> tuple[Permission, ...]:
    package = read_package(tx, package_id=draft_row(tx, product_id=product.id)["package_id"])
    if package is None:
        return ()
    live = read_package(tx, package_id=live_package_id(tx, product=product))
    known = set() if live is None else set(live["facts"]["permissions"])
    return tuple(
        Permission(name, live is not None and name not in known, _in_words(name))
        for name in package["facts"]["permissions"]
    )


def _in_words(permission: str) -> tuple[str, ...]:
    asked = {"manifest_version": 3, "permissions": [permission], "host_permissions": [permission]}
    return tuple(each.text for each in warnings(required(asked)))


PAGES: Final[tuple[Page, ...]] = ModuleForm(Module.PRIVACY, _read, _more).pages()
