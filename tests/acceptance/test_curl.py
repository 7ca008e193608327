"""Microsoft's curl lines, as "Using the Microsoft Edge Add-ons API" prints them, for both kinds of credentials."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from tests.acceptance.conftest import Store
from tests.acceptance.relay import Relay
from tests.conftest import need_program
from tests.stores import make_zip

PRODUCT: Final = "https://api.addons.microsoftedge.microsoft.com/v1/products/$productID"

# The page has braces around the first and third value, which mean "put yours here".
TOKEN: Final = """curl \\
-X POST \\
-H "Content-Type: application/x-www-form-urlencoded" \\
-d "client_id=$Client_ID" \\
-d "scope=https://api.addons.microsoftedge.microsoft.com/.default" \\
-d "client_secret=$Client_Secret" \\
-d "grant_type=client_credentials" \\
-v \\
https://login.microsoftonline.com/$tenant/oauth2/v2.0/token"""

UPLOAD: Final = f"""curl \\
AUTHORIZATION
-H "Content-Type: application/zip" \\
-X POST \\
-T $FileName \\
-v \\
{PRODUCT}/submissions/draft/package"""

UPLOAD_STATUS: Final = f"""curl \\
AUTHORIZATION
-X GET \\
-v \\
{PRODUCT}/submissions/draft/package/operations/$operationID"""

PUBLISH: Final = f"""curl \\
AUTHORIZATION
-X POST \\
-d '{{ "notes"="text value" }}' \\
-v \\
{PRODUCT}/submissions"""

PUBLISH_STATUS: Final = f"""curl \\
AUTHORIZATION
-X GET \\
-v \\
{PRODUCT}/submissions/operations/$operationID"""

AUTHORIZATION: Final = {
    "v1.1": '-H "Authorization: ApiKey $ApiKey" \\\n-H "X-ClientID: $ClientID" \\',
    "v1": '-H "Authorization: Bearer $TOKEN" \\',
}


@dataclass(slots=True)
class Shell:
    """Somebody who types the lines with these variables set."""

    relay: Relay
    directory: Path
    authorization: str
    variables: dict[str, str] = field(default_factory=dict)

    def type(self, line: str) -> str:
        ended = self.relay.run(
            ["sh", "-c", line.replace("AUTHORIZATION", self.authorization)],
            directory=self.directory,
            environment=self.variables,
        )
        assert ended.status == 0, ended.output
        return ended.output

    def start(self, line: str) -> None:
        """Type a line that begins an operation, and keep the operation's id."""
        output = self.type(line)
        assert "< HTTP/1.1 202 Accepted" in output
        found = re.search(r"^< location: ([0-9a-f-]{36})\r?$", output, re.MULTILINE | re.IGNORECASE)
        assert found, output
        self.variables["operationID"] = found.group(1)

    def ask(self, line: str) -> Any:
        """Type a line that answers with JSON."""
        output = self.type(line)
        assert "< HTTP/1.1 200 OK" in output
        found = re.search(r"^\{.*\}", output, re.MULTILINE)
        assert found, output
        return json.loads(found.group())


@pytest.fixture(params=sorted(AUTHORIZATION))
def shell(request: pytest.FixtureRequest, store: Store, relay: Relay, tmp_path: Path) -> Shell:
    """A shell in whose folder a package lies, with the variables that the page speaks of."""
    need_program("curl", hint="install curl")
    shell = Shell(relay, tmp_path, AUTHORIZATION[request.param])
    account = store.account
    shell.variables |= {"productID": store.product.id, "FileName": "update.zip"}
    if request.param == "v1.1":
        shell.variables |= {"ClientID": account.publisher.client_id, "ApiKey": account.api_key}
    else:
        shell.variables |= {
            "Client_ID": account.publisher.client_id,
            "Client_Secret": account.client_secret,
            "tenant": account.publisher.tenant_id,
        }
        answer = shell.ask(TOKEN)
        assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
        shell.variables["TOKEN"] = answer["access_token"]
    return shell


def test_the_documented_lines_publish_an_update(shell: Shell, store: Store, tmp_path: Path) -> None:
    # More than curl sends without asking first (Expect: 100-continue).
    package = make_zip("1.1.0", files={"padding.bin": os.urandom(2_000_000)})
    (tmp_path / "update.zip").write_bytes(package)

    shell.start(UPLOAD)
    uploaded = shell.ask(UPLOAD_STATUS)
    shell.start(PUBLISH)
    published = shell.ask(PUBLISH_STATUS)

    assert (uploaded["status"], uploaded["message"]) == (
        "Succeeded",
        "Successfully updated package to sample_1.1.0.zip",
    )
    submission = store.wait_for_release("1.1.0")["submissions"][0]
    assert published["message"] == f"Successfully created submission with ID {submission['id']}"
    assert submission["notes"] == "text value"


def test_the_documented_lines_show_why_a_package_is_refused(
    shell: Shell, store: Store, tmp_path: Path
) -> None:
    (tmp_path / "update.zip").write_bytes(make_zip("1.1.0.beta"))

    shell.start(UPLOAD)
    uploaded = shell.ask(UPLOAD_STATUS)
    shell.start(PUBLISH)
    published = shell.ask(PUBLISH_STATUS)

    assert (uploaded["status"], uploaded["errorCode"]) == ("Failed", "PackageValidationError")
    assert [error["code"] for error in uploaded["errors"]] == ["VersionInvalid"]
    assert (published["status"], published["errorCode"]) == ("Failed", "NoModulesUpdated")
    assert store.shown()["live"]["version"] == "1.0.0"
