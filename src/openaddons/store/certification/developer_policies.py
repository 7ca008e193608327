"""What add-ons must keep, by number: a rejection names what was not kept. docs/developer-policies.md derives from it.

The numbers are those of Microsoft's developer policies for the Edge Add-ons store (its sections 1 and 2), so that a
publisher of both stores knows them; the words are ours. A store of one's own need not ask for all of them.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from openaddons.errors import ValueRefused


class DeveloperPolicy(NamedTuple):
    """One thing that is asked of an add-on."""

    number: str
    title: str
    asks: str


_ROWS: Final = (
    DeveloperPolicy("1.1.1", "Single purpose", "It does one thing, and all its features serve that."),
    DeveloperPolicy(
        "1.1.2",
        "Accurate description",
        "Name, icon, description and pictures show what it does, and it does not pass for somebody else's.",
    ),
    DeveloperPolicy("1.1.3", "Works", "Every feature that it names works."),
    DeveloperPolicy("1.1.4", "Search terms", "They are about the add-on, and no more than seven."),
    DeveloperPolicy(
        "1.1.5", "Informative listing", "The listing says enough to decide by whether to install it."
    ),
    DeveloperPolicy("1.1.6", "Stability", "It does not make the browser slow or unstable."),
    DeveloperPolicy(
        "1.1.7",
        "Readable code",
        "No code is obfuscated, neither in the package nor fetched; it may be minified.",
    ),
    DeveloperPolicy(
        "1.1.8",
        "Browser settings",
        "Search, start page and new tab are changed only with the user's consent, and the description says so.",
    ),
    DeveloperPolicy("1.2.1", "No remote code", "All code that it runs is in the package."),
    DeveloperPolicy("1.2.2", "No malware", "It neither is nor brings malicious or unwanted software."),
    DeveloperPolicy("1.2.3", "Other software", "What it needs beside itself is named in the description."),
    DeveloperPolicy("1.2.4", "Updates", "It is updated by the store alone."),
    DeveloperPolicy(
        "1.3.1",
        "Testable: account",
        "Where one must sign in, the notes for certification have a test account.",
    ),
    DeveloperPolicy("1.3.2", "Testable: services", "The servers that it needs answer while it is reviewed."),
    DeveloperPolicy("1.4.1", "Compatibility", "It runs wherever it can be installed, or says what it needs."),
    DeveloperPolicy("1.4.2", "Responsiveness", "It starts promptly, reacts, and does not crash."),
    DeveloperPolicy("1.5.1", "Data it needs", "It takes personal data only for a feature that users see."),
    DeveloperPolicy("1.5.2", "Privacy policy", "A current privacy policy says what it takes, and why."),
    DeveloperPolicy(
        "1.5.3", "Sharing data", "Personal data goes to others only if the user agreed and can stop it."
    ),
    DeveloperPolicy("1.5.5", "Data in transit", "Personal data is stored and sent encrypted."),
    DeveloperPolicy(
        "1.5.6", "Sensitive data", "Health and financial data are taken only where the purpose needs them."
    ),
    DeveloperPolicy("1.6", "Permissions", "It asks for no permission that its purpose does not need."),
    DeveloperPolicy("1.7", "Localization", "It works and is described in every language that it lists."),
    DeveloperPolicy(
        "1.8.2", "Paid features", "What costs money is named in the description, with its price."
    ),
    DeveloperPolicy(
        "1.10.1", "Advertising", "Advertisements can be told from content, and are not its purpose."
    ),
    DeveloperPolicy("2.1", "Listing for everyone", "The listing shows nothing that is for adults alone."),
    DeveloperPolicy(
        "2.2", "Rights of others", "Names, pictures and code are its publisher's own or licensed."
    ),
    DeveloperPolicy("2.5", "Offensive content", "Nothing in it demeans people or calls for hatred."),
    DeveloperPolicy(
        "2.8",
        "Prohibited services",
        "It offers no gambling, no way around paywalls, and mines no cryptocurrency.",
    ),
    DeveloperPolicy("2.9", "Illegal activity", "It serves nothing that is against the law."),
)

DEVELOPER_POLICIES: Final[Mapping[str, DeveloperPolicy]] = MappingProxyType(
    {row.number: row for row in _ROWS}
)
"""By number, in the order of the numbers."""


def known_numbers(numbers: Iterable[str]) -> list[str]:
    """These numbers, each once, in the table's order. Raises `ValueRefused` for one that is not in it."""
    wanted = set(numbers)
    unknown = sorted(wanted - DEVELOPER_POLICIES.keys())
    if unknown:
        raise ValueRefused(
            name="policies",
            problem=f"{unknown[0][:40]!r} is no number of a developer policy; {next(iter(DEVELOPER_POLICIES))} is one.",
        )
    return [number for number in DEVELOPER_POLICIES if number in wanted]
