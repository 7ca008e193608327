"""Keys of manifest.json that browsers know, and which packages may have them.

From Chromium 150.0.7871.100, extensions/common/api and chrome/common/extensions/api, ``_manifest_features.json``
(BSD-3-Clause). What only ChromeOS' own, built-in or listed extensions may have is left out of the kinds where
others may have the key too. A key with a dot is a member that has a rule of its own.
"""

from types import MappingProxyType
from typing import Final, NamedTuple

EXTENSION: Final = "extension"
THEME: Final = "theme"
SHARED_MODULE: Final = "shared module"
HOSTED_APP: Final = "hosted app"
PACKAGED_APP: Final = "packaged app"
PLATFORM_APP: Final = "platform app"
APPS: Final = (HOSTED_APP, PACKAGED_APP, PLATFORM_APP)
KINDS: Final = (EXTENSION, THEME, SHARED_MODULE, *APPS)

CHROMEOS: Final = "it is there on ChromeOS only"
RESTRICTED: Final = "it is for certain extensions only"
UNRELEASED: Final = "it is not released"


class Key(NamedTuple):
    """Who may have a key."""

    kinds: tuple[str, ...]
    first_version: int = 2
    last_version: int = 3
    restriction: str = ""
    """Why it has no effect even there; empty if it has."""


_ROWS = (
    (
        """
        author current_locale default_locale description differential_fingerprint event_rules icons import key
        manifest_version name platforms short_name update_url version version_name
        """,
        Key(KINDS),
    ),
    ("minimum_chrome_version", Key((EXTENSION, THEME, *APPS))),
    (
        "externally_connectable offline_enabled optional_permissions permissions requirements",
        Key((EXTENSION, *APPS)),
    ),
    (
        "background converted_from_user_script options_page web_accessible_resources",
        Key((EXTENSION, HOSTED_APP, PACKAGED_APP)),
    ),
    ("oauth2 sandbox storage", Key((EXTENSION, PACKAGED_APP, PLATFORM_APP))),
    (
        """
        chrome_url_overrides content_scripts content_security_policy devtools_page file_browser_handlers
        homepage_url incognito input_components omnibox options_ui tts_engine
        """,
        Key((EXTENSION, PACKAGED_APP)),
    ),
    (
        """
        commands cross_origin_embedder_policy cross_origin_opener_policy file_system_provider_capabilities
        replacement_web_app
        """,
        Key((EXTENSION, PLATFORM_APP)),
    ),
    ("background.service_worker chrome_settings_overrides declarative_net_request", Key((EXTENSION,))),
    (
        "action host_permissions optional_host_permissions side_panel trial_tokens",
        Key((EXTENSION,), first_version=3),
    ),
    ("browser_action page_action", Key((EXTENSION,), last_version=2)),
    ("background.page background.scripts", Key(KINDS, last_version=2)),
    ("background.persistent", Key((EXTENSION, PACKAGED_APP), last_version=2)),
    ("theme", Key((THEME,))),
    ("about_page export", Key((SHARED_MODULE,))),
    ("app", Key(APPS)),
    ("app.launch", Key((HOSTED_APP, PACKAGED_APP))),
    ("app.linked_icons", Key((HOSTED_APP,))),
    (
        """
        app.background file_handlers kiosk kiosk.always_update kiosk.required_platform_version kiosk_enabled
        kiosk_secondary_apps sockets url_handlers usb_printers webview
        """,
        Key((PLATFORM_APP,)),
    ),
    (
        "content_capabilities mime_types_handler natively_connectable",
        Key((EXTENSION,), restriction=UNRELEASED),
    ),
    (
        "icon_variants message_serialization protocol_handlers",
        Key((EXTENSION,), first_version=3, restriction=UNRELEASED),
    ),
    (
        "chrome_url_overrides.activationmessage chrome_url_overrides.keyboard",
        Key((EXTENSION, PACKAGED_APP), restriction=CHROMEOS),
    ),
    ("action_handlers bluetooth kiosk_only", Key((PLATFORM_APP,), restriction=CHROMEOS)),
    ("automation mime_types", Key((EXTENSION, PACKAGED_APP, PLATFORM_APP), restriction=RESTRICTED)),
    ("oauth2.auto_approve", Key((EXTENSION, PLATFORM_APP), restriction=RESTRICTED)),
    ("app.content_security_policy", Key((PLATFORM_APP,), restriction=RESTRICTED)),
    ("display_in_launcher display_in_new_tab_page", Key(APPS, restriction=RESTRICTED)),
)

KEYS: Final = MappingProxyType({name: key for names, key in _ROWS for name in names.split()})
