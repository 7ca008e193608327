"""``openaddons publish --dry-run``: whether a publish would go well, as far as that can be known without one."""

from contextlib import suppress

from openaddons.cli.output import one_line
from openaddons.cli.publishing.ending import Ending
from openaddons.cli.publishing.steps import Run
from openaddons.client import NotFound, NotSupported, SubmissionInProgress, SubmissionInvalid
from openaddons.packages.version import Version

_PENDING = ("In review", "Approved")


def rehearse(run: Run) -> Ending:
    """Nothing is sent. The credentials are tried, and where the store is OpenAddons it is asked for the product.

    Raises what the publish would raise: CredentialsRejected, NotFound, SubmissionInvalid, SubmissionInProgress.
    """
    product_id, package = run.destination.product_id, run.progress.package
    checked = run.store.check_credentials(product_id)
    if checked.product_known is False:
        raise NotFound(f"The store has no product {product_id} for these credentials.")
    state = None
    with suppress(NotSupported):
        state = run.store.product(product_id)
    version = package.version if package else None
    if state is not None and state.live is not None and version is not None:
        _refuse_lower(version, state.live.version)
    if state is not None and state.submission is not None and state.submission.state in _PENDING:
        raise SubmissionInProgress(
            f"Version {one_line(state.submission.version)} is in progress: {one_line(state.submission.state)}."
        )
    what = f"{package.name} ({version})" if package and version else package.name if package else "The draft"
    return Ending(
        "would_publish",
        f"{what} can be sent to product {product_id}; nothing was sent.",
        "The store accepts the credentials. To publish it, leave out --dry-run.",
    )


def _refuse_lower(version: str, live: str) -> None:
    try:
        lower = Version.parse(version) <= Version.parse(live)
    except ValueError:
        return  # what a store writes as it likes says nothing
    if lower:
        raise SubmissionInvalid(
            f"The package has version {version}, and {one_line(live)} is in the store.",
            advice="Raise the version in manifest.json above it.",
        )
