"""Names of permissions, and who may have them.

Asked of Chromium 156.0.8078.79 on Linux, name by name of _permission_features.json (150.0.7871.100): what it says
of a Manifest V3 extension with this one permission.
"""

AVAILABLE = frozenset(
    """
    accessibilityFeatures.modify accessibilityFeatures.read activeTab alarms background bookmarks
    browsingData clipboardRead clipboardWrite contentSettings contextMenus cookies debugger
    declarativeContent declarativeNetRequest declarativeNetRequestFeedback
    declarativeNetRequestWithHostAccess desktopCapture downloads downloads.open downloads.shelf
    downloads.ui favicon fontSettings gcm geolocation history identity identity.email idle management
    nativeMessaging notifications offscreen pageCapture power printerProvider privacy processes proxy
    readingList scripting search sessions sidePanel storage system.cpu system.display system.memory
    system.network system.storage tabCapture tabGroups tabs topSites transientBackground tts ttsEngine
    unlimitedStorage userScripts webAuthenticationProxy webNavigation webRequest webRequestAuthProvider
    windows
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""What an extension may ask for. ``windows`` is another name of ``tabs``."""
MANIFEST_V2 = frozenset(
    """
    declarativeWebRequest webRequestBlocking
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""Gone with Manifest V3."""
CHROMEOS = frozenset(
    """
    accessibilityPrivate accessibilityServicePrivate app.window.ime appview audio cecPrivate
    certificateProvider chromeosInfoPrivate clipboard documentScan echoPrivate
    enterprise.deviceAttributes enterprise.kioskInput enterprise.login enterprise.networkingAttributes
    enterprise.platformKeys enterprise.platformKeysPrivate fileBrowserHandler
    fileSystem.requestFileSystem imageLoaderPrivate input lockWindowFullscreenPrivate login
    loginScreenStorage loginScreenUi loginState mediaPerceptionPrivate mediaPlayerPrivate networking.onc
    odfsConfigPrivate platformKeys printing printingMetrics serial smartCardProviderPrivate systemLog
    terminalPrivate usb usersPrivate virtualKeyboard virtualKeyboardPrivate vpnProvider wallpaper
    webcamPrivate webview wmDesksPrivate
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""Not on Windows, macOS and Linux, or only there for the browser's own parts."""
APPS = frozenset(
    """
    app.window.alpha app.window.alwaysOnTop app.window.fullscreen app.window.fullscreen.overrideEsc
    app.window.shape audioCapture bluetoothPrivate developerPrivate diagnostics fileSystem
    fileSystem.directory fileSystem.retainEntries fileSystem.write hid socket usbDevices videoCapture
    webrtcLoggingPrivate.audioDebug
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""For packaged apps, which are no more."""
RESTRICTED = frozenset(
    """
    activityLogPrivate autofillPrivate autotestPrivate brailleDisplayPrivate commandLinePrivate
    commands.accessibility crashReportPrivate enterprise.hardwarePlatform enterprise.reportingPrivate
    externally_connectable.all_urls feedbackPrivate glicPrivate glicPrivate.invoke imageWriterPrivate
    indigoPrivate languageSettingsPrivate mdns metricsPrivate networkingPrivate passwordsPrivate
    pdfViewerPrivate proxyOverrideRulesPrivate resourcesPrivate safeBrowsingPrivate settingsPrivate
    systemPrivate u2fDevices webrtcDesktopCapturePrivate webrtcLoggingPrivate
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""For certain extensions, or for those that an administrator installs."""
UNRELEASED = frozenset(
    """
    contextualTasksPrivate dns experimental experimentalActor experimentalAiData omnibox.directInput
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""Behind a switch or a flag, or in early versions only."""
NEVER_OPTIONAL = frozenset(
    """
    debugger declarativeNetRequest fontSettings geolocation proxy transientBackground tts ttsEngine
    unlimitedStorage webAuthenticationProxy
    """.split()  # noqa: SIM905 - a table to be read and compared
)
"""Of those available: not in optional_permissions."""
