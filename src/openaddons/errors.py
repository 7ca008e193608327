"""The tree of refusals. One class for each; its docstring is its message, its ``code`` never changes.

::

    Refusal
    ├── RequestRefused                  a request of the API; carries an HTTP status
    │   ├── BodyMissing                 400
    │   ├── BodyNotZip                  400
    │   ├── BodyNotJson                 400
    │   ├── FormUnreadable              400
    │   ├── ContentTypeWrong            400
    │   ├── TooManyAsked                400
    │   ├── ControlRefused              400
    │   ├── Forced                      any
    │   ├── CredentialsInvalid          401
    │   ├── TokenMissing                401
    │   ├── KeyScoped                   403
    │   ├── FormForeign                 403
    │   ├── RoleMissing                 403
    │   ├── NotFound                    404
    │   │   └── LinkInvalid             404
    │   ├── MethodNotAllowed            405
    │   ├── UploadTimedOut              408
    │   ├── PackageTooLarge             413
    │   ├── BodyTooLarge                413
    │   ├── RangeUnsatisfiable          416
    │   ├── TooManyRequests             429
    │   │   └── TooManyAttempts         429
    │   ├── InternalFailure             500
    │   └── Unavailable                 503
    │       └── StoreReadOnly           503
    ├── TransitionRefused               the state does not allow this verb
    ├── NotKnown                        an id that names nothing
    ├── ValueRefused                    a value outside its limits
    ├── ChangedMeanwhile                somebody else has changed what was to be replaced
    ├── ObjectMissing                   bytes that a row names are not in the object store
    ├── KeyUnusable                     a sealed key that the master key does not open
    ├── SchemaOutdated                  the database needs ``openaddons db upgrade``
    ├── StoreInUse                      another process serves this data folder
    ├── AddressTaken                    the address to serve on cannot be had
    └── CrxInvalid                      bytes that are not a CRX3 file whose proofs hold
"""

from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """The request was refused."""

    code: ClassVar[str] = "Refused"

    def __init__(self, *, command: str = "", **facts: object) -> None:
        # What mends it, typed: the command line alone says it. What all read says it in words.
        self.command = command
        self.facts = facts
        self.message = " ".join((type(self).__doc__ or "").split()).format(**facts)
        super().__init__(self.message)


class RequestRefused(Refusal):
    """The request was refused."""

    status: ClassVar[int] = 400

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Response headers that this refusal brings along."""
        return ()


class BodyMissing(RequestRefused):
    """The request has no package. Send the .zip as the request body with Content-Type: application/zip."""

    code = "PackageEmpty"


class BodyNotZip(RequestRefused):
    """The request body is not a zip file. Zip the extension's folder and send the bytes as they are."""

    code = "PackageNotZip"


class BodyNotJson(RequestRefused):
    """The request body is not a JSON object. Send one, encoded in UTF-8, or no body at all."""

    code = "BodyNotJson"


class FormUnreadable(RequestRefused):
    """The form cannot be read: {problem}. Open the page again and send it from there."""

    code = "FormUnreadable"


class ContentTypeWrong(RequestRefused):
    """The Content-Type header is missing or its value is not application/zip.
    Send Content-Type: application/zip."""

    code = "ContentTypeWrong"


class TooManyAsked(RequestRefused):
    """The update check asks about more than {limit} add-ons. Ask in several requests."""

    code = "TooManyAsked"


class ControlRefused(RequestRefused):
    """{problem}"""

    code = "ControlRefused"


class Forced(RequestRefused):
    """{phrase}"""

    code = "Forced"

    def __init__(self, status: int, *, phrase: str) -> None:
        super().__init__(phrase=phrase)
        self.status = status  # type: ignore[misc]  # of every other refusal it is the class's


class TokenMissing(RequestRefused):
    """This store is private. Use the update URL that its administrator gave you, with its token."""

    code = "TokenMissing"
    status = 401

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``WWW-Authenticate``, which a 401 must have (RFC 9110 section 11.6.1)."""
        return ((b"www-authenticate", b"Token"),)


class CredentialsInvalid(RequestRefused):
    """{reason}"""

    code = "CredentialsInvalid"
    status = 401

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``WWW-Authenticate`` for the scheme that was tried, both when none was (RFC 9110 section 11.6.1)."""
        schemes = {"ApiKey": (b"ApiKey",), "Bearer": (b'Bearer error="invalid_token"',)}
        return tuple(
            (b"www-authenticate", value)
            for value in schemes.get(str(self.facts["scheme"]), (b"ApiKey", b"Bearer"))
        )


class KeyScoped(RequestRefused):
    """This key speaks for one product: it makes none, and manages no keys or webhooks. Use one that is not scoped."""

    code = "KeyScoped"
    status = 403


class FormForeign(RequestRefused):
    """The form does not come from a page that this browser was shown. Open the page again and send it from there."""

    code = "FormForeign"
    status = 403


class RoleMissing(RequestRefused):
    """This needs the role of {needed}. {remedy}"""

    code = "RoleMissing"
    status = 403


class NotFound(RequestRefused):
    """Resource not found."""

    code = "NotFound"
    status = 404


class LinkInvalid(NotFound):
    """This link is of no use any more: it was used, or its time is over. Ask whoever gave it to you for a new one."""

    code = "LinkInvalid"


class MethodNotAllowed(RequestRefused):
    """The method {method} is not allowed here. Use {allow}."""

    code = "MethodNotAllowed"
    status = 405

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``Allow`` (RFC 9110 section 15.5.6)."""
        return ((b"allow", str(self.facts["allow"]).encode()),)


class UploadTimedOut(RequestRefused):
    """The upload took longer than the server was prepared to wait. Nothing of it was kept; send it again."""

    code = "UploadTimedOut"
    status = 408


class PackageTooLarge(RequestRefused):
    """The package is larger than the limit of {limit_bytes} bytes. Remove unneeded files and send it again."""

    code = "PackageTooLarge"
    status = 413


class BodyTooLarge(RequestRefused):
    """The request body is larger than the limit of {limit_bytes} bytes. Send a smaller one."""

    code = "BodyTooLarge"
    status = 413


class RangeUnsatisfiable(RequestRefused):
    """The range lies beyond the end: there are {size_bytes} bytes."""

    code = "RangeUnsatisfiable"
    status = 416

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``Content-Range`` with the length alone (RFC 9110 section 15.5.17)."""
        return ((b"content-range", f"bytes */{self.facts['size_bytes']}".encode()),)


class TooManyRequests(RequestRefused):
    """Rate limit is exceeded. Try again in {retry_after_seconds} seconds."""

    code = "TooManyRequests"
    status = 429

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``Retry-After`` in seconds, the only number in the message (design: clients read the first integer)."""
        return ((b"retry-after", str(self.facts["retry_after_seconds"]).encode()),)


class TooManyAttempts(TooManyRequests):
    """Too many attempts to sign in. Try again in {retry_after_seconds} seconds. A reset link works at once."""

    code = "TooManyAttempts"


class InternalFailure(RequestRefused):
    """An unexpected condition was met. Please contact the store's operator. Correlation ID: {correlation_id}"""

    code = "InternalFailure"
    status = 500


class Unavailable(RequestRefused):
    """The store does not accept requests just now. Try again in {retry_after_seconds} seconds."""

    code = "Unavailable"
    status = 503

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """``Retry-After`` in seconds."""
        return ((b"retry-after", str(self.facts["retry_after_seconds"]).encode()),)


class StoreReadOnly(Unavailable):
    """The store is read-only while it is maintained. Nothing was changed: send it again when that is over."""

    code = "StoreReadOnly"


class TransitionRefused(Refusal):
    """The {noun} {id} is {state}; {verb} needs {needs}."""

    code = "TransitionRefused"


class NotKnown(Refusal):
    """There is no {noun} {id}."""

    code = "NotKnown"


class ValueRefused(Refusal):
    """{name}: {problem}"""

    code = "ValueRefused"


class ChangedMeanwhile(Refusal):
    """{what} was changed meanwhile. Look at it again, and send what is still right."""

    code = "ChangedMeanwhile"


class ObjectMissing(Refusal):
    """The object {key} is not in the object store."""

    code = "ObjectMissing"


class KeyUnusable(Refusal):
    """The signing key of product {product_id} was sealed with another master key ({key_id}). Start the store
    with that key."""

    code = "KeyUnusable"


class SchemaOutdated(Refusal):
    """The database has schema {found}, this program needs {needed}. Run: openaddons db upgrade"""

    code = "SchemaOutdated"


class StoreInUse(Refusal):
    """Another process serves {path}. Stop it first, or give this one another --data folder."""

    code = "StoreInUse"


class AddressTaken(Refusal):
    """The store cannot listen on {host} port {port}: {reason}. Choose another: openaddons serve --port 0"""

    code = "AddressTaken"


class CrxInvalid(Refusal):
    """The file is not a valid CRX3 package: {problem}"""

    code = "CrxInvalid"
