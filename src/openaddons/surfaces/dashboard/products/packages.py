"""The module Packages: an upload by form, what the check warned of, and the packages to download.

An upload is the same operation as one by the API: its bytes go straight into the object store, it is accepted, and
the engine checks it.
"""

from typing import Final

from openaddons.errors import ValueRefused
from openaddons.store.operations import OperationKind, accept_operation
from openaddons.store.overview import read_product_sheet
from openaddons.store.packages import find_package, read_findings
from openaddons.surfaces.dashboard.forms import Form, FormFile
from openaddons.surfaces.dashboard.pages import Answer, Download, Html, Page, Redirect, Visit, Who
from openaddons.surfaces.dashboard.products.rules import known_rules


def _show(visit: Visit) -> Html:
    return _page(visit)


def _page(visit: Visit, refusal: ValueRefused | None = None) -> Html:
    sheet = visit.read(
        read_product_sheet, product_id=visit.own_product.id, require=visit.settings.required_fields
    )
    findings, finding_total = visit.read(read_findings, package_id=sheet.draft.package_id)
    values = {
        "sheet": sheet,
        "findings": findings,
        "finding_total": finding_total,
        "rules": known_rules(),
        "limit_bytes": visit.settings.package_bytes_limit,
        "problem": "" if refusal is None else refusal.facts["problem"],
    }
    return Html("products/packages.html", values, status=200 if refusal is None else 400)


def _upload(visit: Visit) -> Answer:
    try:
        file = _the_package(visit.form)
    except ValueRefused as refusal:
        return _page(visit, refusal)
    operation_id = visit.run(
        accept_operation,
        kind=OperationKind.UPLOAD,
        product_id=visit.own_product.id,
        publisher_id=visit.own_product.publisher_id,
        actor=visit.actor,
        correlation_id=visit.correlation_id,
        stored=file.keep(),
    )
    return Redirect(f"/dashboard/products/{visit.own_product.id}/operations/{operation_id}")


def _the_package(form: Form) -> FormFile:
    """The one file of the form. Raises `ValueRefused`."""
    chosen = [each for each in form.files.get("package", []) if each.size_bytes]
    if not chosen:
        raise ValueRefused(
            name="package", problem="Choose the extension's .zip file: none was sent, or an empty one."
        )
    if len(chosen) > 1:
        raise ValueRefused(name="package", problem=f"Choose one .zip file: {len(chosen)} were sent.")
    return chosen[0]


def _download(visit: Visit) -> Download:
    package = visit.read(find_package, product_id=visit.own_product.id, package_id=visit.path["package_id"])
    return Download(
        visit.objects.read_range(package.object_key, 0, package.size_bytes),
        package.size_bytes,
        "application/zip",
        f"{package.file_name}.zip",
        immutable=True,
    )


_PATH: Final = "/products/{product_id}/packages"

PAGES: Final = (
    Page("packages", "GET", _PATH, Who.VIEWER, _show),
    Page(
        "upload package",
        "POST",
        _PATH,
        Who.DEVELOPER,
        _upload,
        file_bytes=lambda settings: settings.package_bytes_limit,
        into_objects=True,
    ),
    Page("download package", "GET", _PATH + "/{package_id}", Who.READER, _download),
)
