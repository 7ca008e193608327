"""Rules on the ZIP archive itself.

They have no functions here: ``packages/archive.py`` and its neighbours find all of them while they read.
"APPNOTE" is PKWARE's .ZIP File Format Specification, version 6.3.10.
"""

from openaddons.packages.rules.registry import declare

_AGAIN = "Build the archive again."
_NORMAL_TOOL = "Build the archive with an ordinary ZIP tool."

PACKAGE_EMPTY = declare(
    "PackageEmpty",
    "error",
    message="The request has no package.",
    fix="Send the .zip as the request body with Content-Type: application/zip.",
    source="Edge Add-ons API reference: 400, no package (zip file) in the body",
)
PACKAGE_NOT_ZIP = declare(
    "PackageNotZip",
    "error",
    message="The file is not a ZIP archive.",
    fix="Zip the extension's folder and upload that file.",
    source="APPNOTE 4.3.16: no end record where one must be",
)
PACKAGE_IS_CRX = declare(
    "PackageIsCrx",
    "error",
    message="The file is a signed CRX package, not a plain ZIP.",
    fix="Upload the .zip you built, not the .crx; the store signs it itself.",
    source="components/crx_file/crx_verifier.cc: the magic number",
)
PACKAGE_TOO_LARGE = declare(
    "PackageTooLarge",
    "error",
    message="The package has {size} bytes; the limit is {limit}.",
    fix="Leave out what the extension does not need (source maps, media, node_modules).",
    source="Chrome Web Store: 2 GB; the operator's limit is below that",
)
ZIP_EMPTY = declare(
    "ZipEmpty",
    "error",
    message="The archive is empty.",
    fix="Zip the files of the extension.",
    source="own safety rule",
)
ZIP_TRUNCATED = declare(
    "ZipTruncated",
    "error",
    message="The archive is cut off.",
    fix="Upload the file again; make sure that your build had finished writing it.",
    source="APPNOTE 4.3.16; Chromium refuses most such files",
)
ZIP_CORRUPT = declare(
    "ZipCorrupt",
    "error",
    message="The archive is damaged at {where}.",
    fix=_AGAIN,
    source="third_party/zlib/google/zip_reader.cc, minizip",
)
ZIP_MULTI_DISK = declare(
    "ZipMultiDisk",
    "error",
    message="Split (multi-disk) archives cannot be used.",
    fix="Make one single .zip file.",
    source="APPNOTE 8; Chromium refuses",
)
ZIP_ENCRYPTED_ENTRY = declare(
    "ZipEncryptedEntry",
    "error",
    message="{name} is encrypted.",
    fix="Make the archive without a password.",
    source="APPNOTE 4.4.4 bits 0, 6 and 13; zip_reader.cc",
)
ZIP_UNSUPPORTED_COMPRESSION = declare(
    "ZipUnsupportedCompression",
    "error",
    message="{name} uses compression method {method}; only stored and deflate can be used.",
    fix="Use an ordinary ZIP tool; do not choose bzip2, LZMA, zstd or Deflate64.",
    source="APPNOTE 4.4.5; the minizip of Chromium",
)
ZIP_UNSUPPORTED_FEATURE = declare(
    "ZipUnsupportedFeature",
    "error",
    message="{name} needs a ZIP feature that browsers lack.",
    fix="Use an ordinary ZIP tool.",
    source="APPNOTE 4.4.3, 4.4.4 bit 5",
)
ZIP_CRC_MISMATCH = declare(
    "ZipCrcMismatch",
    "error",
    message="The content of {name} does not match its checksum.",
    fix=_AGAIN,
    source="APPNOTE 4.4.7; minizip UNZ_CRCERROR",
)
ZIP_SIZE_MISMATCH = declare(
    "ZipSizeMismatch",
    "error",
    message="{name} is {actual} bytes long but declares {declared}.",
    fix=_AGAIN,
    source="APPNOTE 4.4.9; own safety rule, Chromium takes some",
)
ZIP_HEADER_MISMATCH = declare(
    "ZipHeaderMismatch",
    "error",
    message="{name}: the local header and the central directory disagree about the {what}.",
    fix=_NORMAL_TOOL,
    source="own safety rule: readers that trust one or the other see different files",
)
ZIP_DUPLICATE_ENTRY = declare(
    "ZipDuplicateEntry",
    "error",
    message="{name} occurs {count} times in the archive.",
    fix="Keep one; delete the old archive before you zip.",
    source="Chromium refuses; addons-linter DUPLICATE_XPI_ENTRY",
)
ZIP_CASE_COLLISION = declare(
    "ZipCaseCollision",
    "error",
    message="{first} and {second} differ only by letter case, which is one file on Windows and macOS.",
    fix="Rename one.",
    source="own rule; browsers on Windows and macOS keep only one",
)
ZIP_FILE_DIRECTORY_CONFLICT = declare(
    "ZipFileDirectoryConflict",
    "error",
    message="{name} is both a file and a folder.",
    fix="Rename one.",
    source="Chromium refuses",
)
ZIP_PATH_TRAVERSAL = declare(
    "ZipPathTraversal",
    "error",
    message="{name} points outside the package.",
    fix="Zip from inside the extension's folder.",
    source="zip_reader.cc marks such paths unsafe",
)
ZIP_ABSOLUTE_PATH = declare(
    "ZipAbsolutePath",
    "error",
    message="{name} is an absolute path.",
    fix="Zip with relative paths.",
    source="APPNOTE 4.4.17.1",
)
ZIP_BACKSLASH_PATH = declare(
    "ZipBackslashPath",
    "error",
    message='{name} uses backslashes; the separator in a ZIP is "/".',
    fix="Use a current ZIP tool (.NET before 4.6.1 writes backslashes).",
    source="APPNOTE 4.4.17.1; Chromium loses such files",
)
ZIP_INVALID_PATH = declare(
    "ZipInvalidPath",
    "error",
    message="{name} is not a valid path.",
    fix="Rename the file.",
    source="zip_reader.cc Normalize()",
)
ZIP_NAME_TOO_LONG = declare(
    "ZipNameTooLong",
    "error",
    message="{name} is too long.",
    fix="Shorten the name.",
    source="limits of file systems; Chromium refuses",
)
ZIP_NAME_ENCODING = declare(
    "ZipNameEncoding",
    "error",
    message="A file name is not UTF-8: {name}.",
    fix="Use plain or UTF-8 file names.",
    source="APPNOTE D.1; zip_reader.cc reads every name as UTF-8",
)
ZIP_RESERVED_NAME = declare(
    "ZipReservedName",
    "error",
    message="{name} cannot be stored on Windows.",
    fix="Rename the file.",
    source="file_util.cc CheckForWindowsReservedFilenames; net::IsReservedNameOnWindows",
)
ZIP_SYMLINK = declare(
    "ZipSymlink",
    "error",
    message="{name} is a symbolic link.",
    fix="Put the file itself into the archive (zip without -y).",
    source="zip_reader.cc; Chromium refuses",
)
ZIP_SPECIAL_FILE = declare(
    "ZipSpecialFile",
    "error",
    message="{name} is not a regular file.",
    fix="Leave it out.",
    source="own safety rule",
)
ZIP_TOO_MANY_ENTRIES = declare(
    "ZipTooManyEntries",
    "error",
    message="The archive has {count} entries; the limit is {limit}.",
    fix="Bundle the files.",
    source="the operator's limit",
)
ZIP_BOMB = declare(
    "ZipBomb",
    "error",
    message="The archive would unpack to {size} bytes.",
    fix="Leave out oversized files.",
    source="the operator's limits; Chromium inflates without complaint",
)
ZIP_OVERLAP = declare(
    "ZipOverlap",
    "error",
    message="{first} and {second} overlap in the archive.",
    fix=_NORMAL_TOOL,
    source="D. Fifield, A better zip bomb (2019)",
)
ZIP_PREFIX_DATA = declare(
    "ZipPrefixData",
    "error",
    message="There are {count} bytes before the archive.",
    fix="Upload the plain ZIP: no self-extractor, nothing put before it.",
    source="own safety rule: such a file can be two formats at once",
)
ZIP_TRAILING_DATA = declare(
    "ZipTrailingData",
    "error",
    message="There are {count} bytes after the archive.",
    fix=_AGAIN,
    source="own safety rule",
)
ZIP_AMBIGUOUS = declare(
    "ZipAmbiguous",
    "error",
    message="The archive can be read in two ways.",
    fix="Make the archive without a comment.",
    source="own safety rule: readers differ in which end record they take",
)
ZIP_HIDDEN_DATA = declare(
    "ZipHiddenData",
    "error",
    message="The archive hides data at byte {offset}.",
    fix=_AGAIN,
    source="own safety rule: what the directory does not name, nobody looks at",
)

NAME_RULES = frozenset(
    row.id
    for row in (
        ZIP_DUPLICATE_ENTRY,
        ZIP_CASE_COLLISION,
        ZIP_FILE_DIRECTORY_CONFLICT,
        ZIP_PATH_TRAVERSAL,
        ZIP_ABSOLUTE_PATH,
        ZIP_BACKSLASH_PATH,
        ZIP_INVALID_PATH,
        ZIP_NAME_TOO_LONG,
        ZIP_NAME_ENCODING,
        ZIP_RESERVED_NAME,
        ZIP_SYMLINK,
        ZIP_SPECIAL_FILE,
    )
)
"""Rules that say which files may be there. Where one is broken, the other files can still be read."""
