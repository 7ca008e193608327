"""``openaddons upload``, ``publish`` and ``status``: the Edge Add-ons API from the command line.

Each says in one line what is true now and what happens next. A failure lists every error the store gave,
and what to do about it; its exit code tells a script which kind it is.
"""

import functools
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import click

from openaddons.cli.output import emit, json_option, note, one_line, progress_bar, size_in_words
from openaddons.client import (
    MICROSOFT_BASE_URL,
    ApiKey,
    ClientSecret,
    Credentials,
    EdgeAddons,
    EdgeAddonsError,
    NotFound,
    Operation,
    OperationKind,
    failure_of,
)
from openaddons.client.models import checked_guid, checked_url

EXIT_CODES: Final = """\b
Exit codes:
  0  done
  2  wrong usage, or no such product or operation
  3  the store rejected the credentials
  4  the package was refused
  5  the publish was refused
  6  another submission is in progress; try later
  7  there is nothing to publish
  8  not finished yet: the time was up, or `status` found it in progress
  9  the store or the network failed
"""

_NEXT_AFTER_UPLOAD: Final = "To send it to certification: openaddons publish"
_NEXT_AFTER_PUBLISH: Final = "Browsers get it when it has passed certification."

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Destination:
    """Which product of which store, with whose credentials; and how to speak about it."""

    credentials: Credentials
    base_url: str
    product_id: str
    timeout_seconds: float
    as_json: bool
    quiet: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What the command has to say. ``outcome`` is a word for scripts; it never changes its meaning."""

    outcome: str
    text: str
    advice: str
    operation_id: str | None = None
    operation: Operation | None = None
    exit_code: int = 0


class Deadline:
    """One ``--timeout`` for all the steps of a command."""

    def __init__(self, timeout_seconds: float) -> None:
        self._ends_at_seconds = time.monotonic() + timeout_seconds

    @property
    def remaining_seconds(self) -> float:
        """How much of it is left, never below 0."""
        return max(0.0, self._ends_at_seconds - time.monotonic())


def destination_options(command: F) -> F:
    """The options that every command of this module has, handed to it as one ``Destination``."""

    @functools.wraps(command)
    def with_destination(
        *args: Any,
        base_url: str,
        client_id: str,
        api_key: str | None,
        client_secret: str | None,
        token_url: str | None,
        product_id: str,
        timeout_seconds: float,
        as_json: bool,
        quiet: bool,
        **kwargs: Any,
    ) -> None:
        destination = Destination(
            credentials=_credentials(client_id, api_key, client_secret, token_url),
            base_url=base_url,
            product_id=product_id,
            timeout_seconds=timeout_seconds,
            as_json=as_json,
            quiet=quiet,
        )
        _report(destination, lambda store: command(destination, store, *args, **kwargs))

    wrapped: Any = with_destination
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    result: F = wrapped
    return result


def _url(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return checked_url(f"--{(parameter.name or '').replace('_', '-')}", value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


def _guid(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return checked_guid(parameter.human_readable_name, value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None


def _trimmed(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Secrets pasted into a build system often end in a line end."""
    return None if value is None else value.strip()


_OPTIONS: Final = (
    click.option(
        "--base-url",
        envvar="EDGE_ADDONS_BASE_URL",
        default=MICROSOFT_BASE_URL,
        show_default="Microsoft's store",
        show_envvar=True,
        callback=_url,
        metavar="URL",
        help="The store's address.",
    ),
    click.option(
        "--product",
        "product_id",
        envvar="EDGE_ADDONS_PRODUCT_ID",
        required=True,
        show_envvar=True,
        callback=_guid,
        metavar="GUID",
        help="The product ID.",
    ),
    click.option(
        "--client-id",
        envvar="EDGE_ADDONS_CLIENT_ID",
        required=True,
        show_envvar=True,
        callback=_trimmed,
        metavar="ID",
        help="The client ID of the API key or client secret.",
    ),
    click.option(
        "--api-key",
        envvar="EDGE_ADDONS_API_KEY",
        show_envvar=True,
        callback=_trimmed,
        metavar="KEY",
        help="The API key. Better given in the environment: other users of a machine see arguments.",
    ),
    click.option(
        "--client-secret",
        envvar="EDGE_ADDONS_CLIENT_SECRET",
        show_envvar=True,
        callback=_trimmed,
        metavar="SECRET",
        help="A client secret in place of an API key; needs --token-url.",
    ),
    click.option(
        "--token-url",
        envvar="EDGE_ADDONS_TOKEN_URL",
        show_envvar=True,
        callback=_url,
        metavar="URL",
        help="Where the client secret is exchanged for an access token.",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=click.FloatRange(min=0),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="The longest that the command may take.",
    ),
    json_option,
    click.option("--quiet", "-q", is_flag=True, help="No progress on stderr."),
)


@click.command(epilog=EXIT_CODES)
@click.argument("zip_path", metavar="ZIP", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-wait", is_flag=True, help="Do not wait for the store to check the package.")
@destination_options
def upload(destination: Destination, store: EdgeAddons, *, zip_path: Path, no_wait: bool) -> Result:
    """Upload the package ZIP. When the store has checked it, it is the draft; nothing is published."""
    deadline = Deadline(destination.timeout_seconds)
    operation_id = _send_package(destination, store, zip_path, deadline)
    if no_wait:
        return _accepted(OperationKind.UPLOAD, operation_id, destination)
    operation = _wait_upload(destination, store, operation_id, deadline)
    return _succeeded(operation, destination, package=zip_path)


@click.command(epilog=EXIT_CODES)
@click.argument(
    "zip_path", metavar="[ZIP]", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--notes", metavar="TEXT", help="Notes for certification.")
@click.option(
    "--notes-file",
    type=click.File("r", encoding="utf-8-sig"),
    metavar="FILE",
    help="Notes for certification from a file, or - for stdin.",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for the submission to be made.")
@destination_options
def publish(
    destination: Destination,
    store: EdgeAddons,
    *,
    zip_path: Path | None,
    notes: str | None,
    notes_file: IO[str] | None,
    no_wait: bool,
) -> Result:
    """Send the draft to certification.

    With ZIP, upload that package first and wait until it is the draft. A package that the store refuses is
    never published.
    """
    if notes is not None and notes_file is not None:
        raise click.UsageError("Give --notes or --notes-file, not both.")
    text = notes_file.read() if notes_file is not None else notes or ""
    deadline = Deadline(destination.timeout_seconds)
    if zip_path is not None:
        upload_id = _send_package(destination, store, zip_path, deadline)
        _wait_upload(destination, store, upload_id, deadline)
    operation_id = store.publish(
        destination.product_id, notes=text, timeout_seconds=deadline.remaining_seconds
    )
    if no_wait:
        return _accepted(OperationKind.PUBLISH, operation_id, destination)
    note(f"Waiting for the submission (operation {operation_id}) ...", quiet=destination.quiet)
    operation = store.wait_publish(
        destination.product_id, operation_id, timeout_seconds=deadline.remaining_seconds
    )
    return _succeeded(operation, destination)


@click.command(epilog=EXIT_CODES)
@click.argument("operation_id", metavar="OPERATION_ID", required=False, callback=_guid)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in OperationKind]),
    help="What the operation is; without it both are tried.",
)
@click.option("--wait", is_flag=True, help="Wait until the operation has ended.")
@destination_options
def status(
    destination: Destination, store: EdgeAddons, *, operation_id: str | None, kind: str | None, wait: bool
) -> Result:
    """Show what became of the upload or publish OPERATION_ID."""
    if operation_id is None:
        raise click.UsageError(
            "Give an OPERATION_ID; `openaddons upload` and `openaddons publish` print it. "
            "The Edge Add-ons API cannot be asked about a product as a whole."
        )
    operation = _look(destination, store, operation_id, kind)
    if wait and not operation.ended:
        waits = {OperationKind.UPLOAD: store.wait_upload, OperationKind.PUBLISH: store.wait_publish}
        note("Waiting for the operation to end ...", quiet=destination.quiet)
        operation = waits[operation.kind](
            destination.product_id, operation_id, timeout_seconds=destination.timeout_seconds
        )
    if failure := failure_of(operation):
        raise failure
    if operation.succeeded:
        return _succeeded(operation, destination)
    return Result(
        outcome="in_progress",
        text=f"The {operation.kind} {operation_id} is in progress.",
        advice=f"To wait for its end: openaddons status --wait {operation_id}",
        operation=operation,
        exit_code=8,
    )


def _look(destination: Destination, store: EdgeAddons, operation_id: str, kind: str | None) -> Operation:
    """The operation; where the kind is not known, an upload, and if there is none, a publish."""
    if kind == OperationKind.UPLOAD:
        return store.upload_status(destination.product_id, operation_id)
    if kind == OperationKind.PUBLISH:
        return store.publish_status(destination.product_id, operation_id)
    try:
        return store.upload_status(destination.product_id, operation_id)
    except NotFound:
        pass  # as likely a publish
    try:
        return store.publish_status(destination.product_id, operation_id)
    except NotFound as missing:
        raise NotFound(
            f"Product {destination.product_id} has neither an upload nor a publish {operation_id}.",
            operation_id=operation_id,
            http_status=missing.http_status,
            correlation_id=missing.correlation_id,
        ) from None


def _send_package(destination: Destination, store: EdgeAddons, zip_path: Path, deadline: Deadline) -> str:
    progress = progress_bar(f"Uploading {one_line(zip_path.name)}", quiet=destination.quiet)
    return store.upload(
        destination.product_id, zip_path, progress=progress, timeout_seconds=deadline.remaining_seconds
    )


def _wait_upload(
    destination: Destination, store: EdgeAddons, operation_id: str, deadline: Deadline
) -> Operation:
    note(f"Waiting for the store to check it (operation {operation_id}) ...", quiet=destination.quiet)
    return store.wait_upload(destination.product_id, operation_id, timeout_seconds=deadline.remaining_seconds)


def _accepted(kind: OperationKind, operation_id: str, destination: Destination) -> Result:
    return Result(
        outcome="accepted",
        text=f"The store accepted the {kind} for product {destination.product_id}: operation {operation_id}.",
        advice=f"To see what becomes of it: openaddons status {operation_id}",
        operation_id=operation_id,
    )


def _succeeded(operation: Operation, destination: Destination, *, package: Path | None = None) -> Result:
    said = f" {one_line(operation.message).rstrip('.')}." if operation.message else ""
    product = f"product {destination.product_id}"
    if operation.kind is OperationKind.PUBLISH:
        text = f"The draft of {product} is sent to certification.{said}"
        return Result("published", text, _NEXT_AFTER_PUBLISH, operation=operation)
    name = "The package"
    if package is not None:
        name = f"{one_line(package.name)} ({size_in_words(package.stat().st_size)})"
    text = f"{name} is now the draft of {product}.{said}"
    return Result("uploaded", text, _NEXT_AFTER_UPLOAD, operation=operation)


def _credentials(
    client_id: str, api_key: str | None, client_secret: str | None, token_url: str | None
) -> Credentials:
    if bool(api_key) == bool(client_secret):
        raise click.UsageError(
            "Give an API key (EDGE_ADDONS_API_KEY) or a client secret (EDGE_ADDONS_CLIENT_SECRET)"
            + (", not both." if api_key else ".")
        )
    try:
        if api_key:
            return ApiKey(client_id, api_key)
        if not token_url:
            raise click.UsageError("A client secret needs --token-url (EDGE_ADDONS_TOKEN_URL).")
        return ClientSecret(client_id, client_secret or "", token_url)
    except ValueError as problem:
        raise click.UsageError(f"The credentials cannot be sent: {problem}.") from None


def _report(destination: Destination, action: Callable[[EdgeAddons], Result]) -> None:
    """Run the command, print what came of it, and end with its exit code."""
    try:
        with EdgeAddons(
            destination.credentials,
            base_url=destination.base_url,
            timeout_seconds=destination.timeout_seconds,
        ) as store:
            result = action(store)
    except EdgeAddonsError as failure:
        _report_failure(failure, as_json=destination.as_json)
        raise click.exceptions.Exit(failure.exit_code) from None
    except OSError as problem:
        raise click.UsageError(f"The package cannot be read: {problem.strerror or problem}.") from None
    document = _document(result.outcome, result.operation, result.operation_id, result.advice)
    emit(document, as_json=destination.as_json, text=f"{result.text} {result.advice}")
    raise click.exceptions.Exit(result.exit_code)


def _report_failure(failure: EdgeAddonsError, *, as_json: bool) -> None:
    outcome = re.sub(r"(?<!^)(?=[A-Z])", "_", type(failure).__name__).lower()
    if as_json:
        document = _document(outcome, failure.operation, failure.operation_id, failure.advice)
        document["message"] = failure.message
        emit(document, as_json=True, text="")
        return
    code = f" [{one_line(failure.error_code)}]" if failure.error_code else ""
    click.echo(f"error: {one_line(failure.message)}{code}", err=True)
    for error in failure.errors:
        place = ":".join(str(part) for part in (error.file, error.line) if part is not None)
        code = f" [{one_line(error.code)}]" if error.code else ""
        click.echo(f"  - {one_line(f'{place}: {error.message}' if place else error.message)}{code}", err=True)
    click.echo(f"next: {one_line(failure.advice)}", err=True)
    for name, value in (("operation", failure.operation_id), ("correlation ID", failure.correlation_id)):
        if value:
            click.echo(f"{name}: {one_line(value)}", err=True)


def _document(
    outcome: str, operation: Operation | None, operation_id: str | None, advice: str
) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "operation_id": (operation.id or None) if operation else operation_id,
        "status": operation.status.value if operation else None,
        "message": operation.message if operation else None,
        "error_code": operation.error_code if operation else None,
        "errors": [asdict(error) for error in operation.errors] if operation else [],
        "advice": advice,
    }
