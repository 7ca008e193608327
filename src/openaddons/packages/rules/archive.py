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
    why="There is nothing in it to check or to publish. Mostly the build failed unseen, or the client "
    "named the file but did not send it.",
    fix="Send the .zip as the request body with Content-Type: application/zip.",
    source="Edge Add-ons API reference: 400, no package (zip file) in the body",
)
PACKAGE_NOT_ZIP = declare(
    "PackageNotZip",
    "error",
    message="The file is not a ZIP archive.",
    why="Readers find the files of a ZIP through the record at its end. Without one, no browser unpacks a "
    "single file of it.",
    fix="Zip the extension's folder and upload that file.",
    source="APPNOTE 4.3.16: no end record where one must be",
)
PACKAGE_IS_CRX = declare(
    "PackageIsCrx",
    "error",
    message="The file is a signed CRX package, not a plain ZIP.",
    why="A CRX carries somebody's signature, and with it an id. The store signs with the product's own "
    "key, so that updates reach users under one id; it needs the plain ZIP.",
    fix="Upload the .zip you built, not the .crx; the store signs it itself.",
    source="components/crx_file/crx_verifier.cc: the magic number",
)
PACKAGE_TOO_LARGE = declare(
    "PackageTooLarge",
    "error",
    message="The package has {size} bytes; the limit is {limit}.",
    why="Every user downloads the whole package with each update. The limit is what one upload may cost "
    "the store's disks and its other publishers.",
    fix="Leave out what the extension does not need (source maps, media, node_modules).",
    source="Chrome Web Store: 2 GB; the operator's limit is below that",
)
ZIP_EMPTY = declare(
    "ZipEmpty",
    "error",
    message="The archive is empty.",
    why="An extension is at least a manifest.json. Of an archive without any file, the browser has nothing "
    "to load.",
    fix="Zip the files of the extension.",
    source="own safety rule",
)
ZIP_TRUNCATED = declare(
    "ZipTruncated",
    "error",
    message="The archive is cut off.",
    why="The end is missing, and with it files or the list of all files. Chromium does not unpack most "
    "such archives, and in the rest something is not there.",
    fix="Upload the file again; make sure that your build had finished writing it.",
    source="APPNOTE 4.3.16; Chromium refuses most such files",
)
ZIP_CORRUPT = declare(
    "ZipCorrupt",
    "error",
    message="The archive is damaged at {where}.",
    why="A header or its data contradicts the format, so files behind that place are lost or wrong. "
    'Chromium says "Could not unzip extension" and installs nothing.',
    fix=_AGAIN,
    source="third_party/zlib/google/zip_reader.cc, minizip",
)
ZIP_MULTI_DISK = declare(
    "ZipMultiDisk",
    "error",
    message="Split (multi-disk) archives cannot be used.",
    why="An upload is one file, so the other parts of a split archive are missing. Chromium does not "
    "unpack one part alone.",
    fix="Make one single .zip file.",
    source="APPNOTE 8; Chromium refuses",
)
ZIP_ENCRYPTED_ENTRY = declare(
    "ZipEncryptedEntry",
    "error",
    message="{name} is encrypted.",
    why="Neither the store nor the browser has the password. What cannot be read cannot be reviewed, and "
    "users would miss the file.",
    fix="Make the archive without a password.",
    source="APPNOTE 4.4.4 bits 0, 6 and 13; zip_reader.cc",
)
ZIP_UNSUPPORTED_COMPRESSION = declare(
    "ZipUnsupportedCompression",
    "error",
    message="{name} uses compression method {method}; only stored and deflate can be used.",
    why="Browsers unpack files that are stored or deflated. What another method packed, most of them "
    "cannot read, and then the whole installation fails.",
    fix="Use an ordinary ZIP tool; do not choose bzip2, LZMA, zstd or Deflate64.",
    source="APPNOTE 4.4.5; the minizip of Chromium",
)
ZIP_UNSUPPORTED_FEATURE = declare(
    "ZipUnsupportedFeature",
    "error",
    message="{name} needs a ZIP feature that browsers lack.",
    why="The entry holds patched data, or asks for a version of the format that readers do not have. Each "
    "would make something else of its bytes.",
    fix="Use an ordinary ZIP tool.",
    source="APPNOTE 4.4.3, 4.4.4 bit 5",
)
ZIP_CRC_MISMATCH = declare(
    "ZipCrcMismatch",
    "error",
    message="The content of {name} does not match its checksum.",
    why="The bytes are not those that were packed: damaged on the way, or exchanged afterwards. Chromium "
    "refuses to unpack the archive.",
    fix=_AGAIN,
    source="APPNOTE 4.4.7; minizip UNZ_CRCERROR",
)
ZIP_SIZE_MISMATCH = declare(
    "ZipSizeMismatch",
    "error",
    message="{name} is {actual} bytes long but declares {declared}.",
    why="Who trusts the declared size reads too little or too much, so that reviewer and browser could see "
    "different files. False sizes also hide how much an archive unpacks to.",
    fix=_AGAIN,
    source="APPNOTE 4.4.9; own safety rule, Chromium takes some",
)
ZIP_HEADER_MISMATCH = declare(
    "ZipHeaderMismatch",
    "error",
    message="{name}: the local header and the central directory disagree about the {what}.",
    why="A ZIP describes each file twice. A reader that goes by one description sees another file than one "
    "that goes by the other: what was reviewed need not be what runs.",
    fix=_NORMAL_TOOL,
    source="own safety rule: readers that trust one or the other see different files",
)
ZIP_DUPLICATE_ENTRY = declare(
    "ZipDuplicateEntry",
    "error",
    message="{name} occurs {count} times in the archive.",
    why="One reader keeps the first, another the last, so nobody knows which content users get. Chromium "
    "does not unpack two files of one name.",
    fix="Keep one; delete the old archive before you zip.",
    source="Chromium refuses; addons-linter DUPLICATE_XPI_ENTRY",
)
ZIP_CASE_COLLISION = declare(
    "ZipCaseCollision",
    "error",
    message="{first} and {second} differ only by letter case, which is one file on Windows and macOS.",
    why="Windows and macOS write both into one file, so one content is lost there. On Linux the same "
    "extension works, and no test shows it.",
    fix="Rename one.",
    source="own rule; browsers on Windows and macOS keep only one",
)
ZIP_FILE_DIRECTORY_CONFLICT = declare(
    "ZipFileDirectoryConflict",
    "error",
    message="{name} is both a file and a folder.",
    why="No file system has both under one name, so unpacking stops halfway, and Chromium installs nothing.",
    fix="Rename one.",
    source="Chromium refuses",
)
ZIP_PATH_TRAVERSAL = declare(
    "ZipPathTraversal",
    "error",
    message="{name} points outside the package.",
    why="A tool that obeys the path overwrites files outside the extension's folder. Chromium writes it "
    "below a folder UP instead, where nothing finds it.",
    fix="Zip from inside the extension's folder.",
    source="zip_reader.cc marks such paths unsafe",
)
ZIP_ABSOLUTE_PATH = declare(
    "ZipAbsolutePath",
    "error",
    message="{name} is an absolute path.",
    why="A tool that obeys the path writes to the root of the disk. Chromium writes it below a folder ROOT "
    "instead, where the manifest does not look.",
    fix="Zip with relative paths.",
    source="APPNOTE 4.4.17.1",
)
ZIP_BACKSLASH_PATH = declare(
    "ZipBackslashPath",
    "error",
    message='{name} uses backslashes; the separator in a ZIP is "/".',
    why="Chromium puts U+FFFD in place of each backslash. So there is no folder, but one file with a "
    "strange name, and what refers to it finds nothing.",
    fix="Use a current ZIP tool (.NET before 4.6.1 writes backslashes).",
    source="APPNOTE 4.4.17.1; Chromium loses such files",
)
ZIP_INVALID_PATH = declare(
    "ZipInvalidPath",
    "error",
    message="{name} is not a valid path.",
    why="Readers tidy up empty parts, dots and control characters, each in its way. The file ends up under "
    "another name than the one that refers to it, or on top of another file.",
    fix="Rename the file.",
    source="zip_reader.cc Normalize()",
)
ZIP_NAME_TOO_LONG = declare(
    "ZipNameTooLong",
    "error",
    message="{name} is too long.",
    why="File systems take 255 bytes for a name, and some about a thousand for a path. At a longer one "
    "unpacking fails, and the installation with it.",
    fix="Shorten the name.",
    source="limits of file systems; Chromium refuses",
)
ZIP_NAME_ENCODING = declare(
    "ZipNameEncoding",
    "error",
    message="A file name is not UTF-8: {name}.",
    why="Chromium reads every name as UTF-8 and replaces the bytes that are none. The file gets a name "
    "that neither the manifest nor any script uses.",
    fix="Use plain or UTF-8 file names.",
    source="APPNOTE D.1; zip_reader.cc reads every name as UTF-8",
)
ZIP_RESERVED_NAME = declare(
    "ZipReservedName",
    "error",
    message="{name} cannot be stored on Windows.",
    why="Windows keeps such names for devices and its shell, or forbids their characters. Users there "
    "would miss the file, and tests on other systems do not show it.",
    fix="Rename the file.",
    source="file_util.cc CheckForWindowsReservedFilenames; net::IsReservedNameOnWindows",
)
ZIP_SYMLINK = declare(
    "ZipSymlink",
    "error",
    message="{name} is a symbolic link.",
    why="A link can lead out of the package to any file of the user's machine. Chromium does not unpack an "
    "archive that has one.",
    fix="Put the file itself into the archive (zip without -y).",
    source="zip_reader.cc; Chromium refuses",
)
ZIP_SPECIAL_FILE = declare(
    "ZipSpecialFile",
    "error",
    message="{name} is not a regular file.",
    why="Devices, pipes and sockets have nothing to serve, and a tool that creates them does harm. "
    "Chromium writes an ordinary file in their place, which is not what was packed.",
    fix="Leave it out.",
    source="own safety rule",
)
ZIP_TOO_MANY_ENTRIES = declare(
    "ZipTooManyEntries",
    "error",
    message="The archive has {count} entries; the limit is {limit}.",
    why="Each entry is one more file to write at every installation and to look at in every review. "
    "Bundlers make one of thousands.",
    fix="Bundle the files.",
    source="the operator's limit",
)
ZIP_BOMB = declare(
    "ZipBomb",
    "error",
    message="The archive would unpack to {size} bytes.",
    why="A few kilobytes could fill the disks of the store and of every user, for Chromium unpacks them "
    "without complaint.",
    fix="Leave out oversized files.",
    source="the operator's limits; Chromium inflates without complaint",
)
ZIP_OVERLAP = declare(
    "ZipOverlap",
    "error",
    message="{first} and {second} overlap in the archive.",
    why="Entries that share their bytes make a small archive unpack to an enormous one, or show one reader "
    "other files than the next. No packing tool writes them by itself.",
    fix=_NORMAL_TOOL,
    source="D. Fifield, A better zip bomb (2019)",
)
ZIP_PREFIX_DATA = declare(
    "ZipPrefixData",
    "error",
    message="There are {count} bytes before the archive.",
    why="What stands there can be a program, a picture or a second archive. The same file would be one "
    "thing to the reviewer's tools and another to the browser.",
    fix="Upload the plain ZIP: no self-extractor, nothing put before it.",
    source="own safety rule: such a file can be two formats at once",
)
ZIP_TRAILING_DATA = declare(
    "ZipTrailingData",
    "error",
    message="There are {count} bytes after the archive.",
    why="Readers look for the archive's end from the back, and differ in how far. With something behind "
    "it, one finds another archive than the next, or none.",
    fix=_AGAIN,
    source="own safety rule",
)
ZIP_AMBIGUOUS = declare(
    "ZipAmbiguous",
    "error",
    message="The archive can be read in two ways.",
    why="Two end records lead to two lists of files. The store would look at the files of one list, and "
    "browsers install those of the other.",
    fix="Make the archive without a comment.",
    source="own safety rule: readers differ in which end record they take",
)
ZIP_HIDDEN_DATA = declare(
    "ZipHiddenData",
    "error",
    message="The archive hides data at byte {offset}.",
    why="Bytes that no entry claims can be files that some readers unpack all the same. They would reach "
    "users without a reviewer having seen them.",
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
