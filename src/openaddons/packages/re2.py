r"""Which regular expressions RE2 compiles, as declarative net request uses it: re2/parse.cc with the flags
``LikePerl | Latin1``, https://github.com/google/re2/wiki/Syntax.

Python's ``re`` does not answer that: it takes lookaround and backreferences, and does not know ``\pN``,
``\z``, ``\Q…\E`` or ``[[:alpha:]]``. Nothing is compiled here, so a hostile pattern costs no more than its
length.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from openaddons.packages.regexes import regex

_MOST_REPEATS: Final = 1000
_DEEPEST: Final = 1000
_LATIN1: Final = 0xFF

_COUNTED = regex(r"\{(0|[1-9][0-9]{0,8})(,(0|[1-9][0-9]{0,8})?)?\}")
_GROUP_NAME = regex(r"P?<([A-Za-z0-9_]+)>")
_FLAGS = regex(r"([imsU]*)(-[imsU]+)?([:)])")
_CATEGORY = regex("C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?|Any")
# re2/unicode_groups.cc.
_SCRIPTS = frozenset(
    """
    Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
    Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian
    Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret
    Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian
    Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo
    Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian
    Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi
    Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic
    Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
    Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari
    New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic
    Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya
    Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic
    Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo
    Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut
    Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi
    Zanabazar_Square
    """.split()  # noqa: SIM905 - easier to read and to compare like this
)
_POSIX_CLASS = regex(
    r"\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]"
)
_HEX = regex(r"x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})")
_OCTAL = regex(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_REWRITE = regex(r"\\(.?)", re.DOTALL)


class BadPattern(Exception):  # noqa: N818 - a verdict on the text
    """RE2 does not compile it. The text says why."""


def capturing_groups(pattern: str) -> int:
    """How many groups of an ASCII pattern capture.

    Raises:
        BadPattern: RE2 does not compile it.
    """
    return _Parser(pattern).parse()


def check_rewrite(rewrite: str, groups: int) -> None:
    r"""See that ``\1`` and the like refer to groups that a pattern has (RE2::CheckRewriteString).

    Raises:
        BadPattern: they do not, or a backslash stands before something else.
    """
    for match in _REWRITE.finditer(rewrite):
        escaped = match[1]
        if escaped == "\\":
            continue
        if not escaped or escaped not in "0123456789":
            raise BadPattern("a backslash must be followed by a digit or another backslash")
        if int(escaped) > groups:
            raise BadPattern(f"there is no group {escaped}")


@dataclass(slots=True)
class _Group:
    """A parenthesis that is open, or the whole pattern."""

    repeats: int = 1
    """The highest product of counts that lie inside each other, in this group so far."""
    last: int = 0
    """The same of the last item alone, or 0 if there is nothing to repeat."""
    just_repeated: bool = False


@dataclass(slots=True)
class _Parser:
    """Reads a pattern once, without recursion."""

    text: str
    at: int = 0
    groups: int = 0
    named_before: int = field(init=False)
    """No name of a class of characters ends behind this."""
    opened: list[_Group] = field(default_factory=lambda: [_Group()])

    def __post_init__(self) -> None:
        self.named_before = self.text.rfind(":]")

    def parse(self) -> int:
        while self.at < len(self.text):
            self._step(self.text[self.at])
        if len(self.opened) > 1:
            raise BadPattern("missing )")
        return self.groups

    def _step(self, character: str) -> None:
        if character == "(":
            self._open()
        elif character == ")":
            self._close()
        elif character == "|":
            self.at += 1
            self.opened[-1].last = 0
            self.opened[-1].just_repeated = False
        elif character in "*+?":
            self.at += 1
            self._repeat(1)
        elif character == "{" and (counted := _COUNTED.match(self.text, self.at)):
            self.at = counted.end()
            self._counted(counted)
        elif character == "[":
            self._class()
            self._item()
        elif character == "\\":
            self._backslash()
        else:
            self.at += 1
            self._item()

    def _item(self, repeats: int = 1) -> None:
        group = self.opened[-1]
        group.last, group.just_repeated = repeats, False
        group.repeats = max(group.repeats, repeats)

    def _open(self) -> None:
        self.at += 1
        if not self.text.startswith("?", self.at):
            self.groups += 1
        else:
            self.at += 1
            named = _GROUP_NAME.match(self.text, self.at)
            if named:
                # That two groups have one name, RE2 does not mind where nothing is captured.
                self.groups += 1
                self.at = named.end()
            else:
                flags = _FLAGS.match(self.text, self.at)
                if flags is None:
                    raise BadPattern(f"(?{self.text[self.at : self.at + 2]} is not supported")
                self.at = flags.end()
                if flags[3] == ")":
                    self.opened[-1].just_repeated = False
                    return
        if len(self.opened) > _DEEPEST:
            raise BadPattern("nested too deep")
        self.opened.append(_Group())

    def _close(self) -> None:
        if len(self.opened) == 1:
            raise BadPattern("unexpected )")
        self.at += 1
        self._item(self.opened.pop().repeats)

    def _repeat(self, count: int) -> None:
        """An operator that stands behind an item, with the ? that makes it reluctant."""
        group = self.opened[-1]
        if not group.last:
            raise BadPattern("nothing to repeat")
        if group.just_repeated:
            raise BadPattern("one repetition behind another")
        if self.text.startswith("?", self.at):
            self.at += 1
        group.last *= count
        if group.last > _MOST_REPEATS:
            raise BadPattern("too many repetitions")
        group.repeats = max(group.repeats, group.last)
        group.just_repeated = True

    def _counted(self, counted: re.Match[str]) -> None:
        least = int(counted[1])
        most = least if counted[2] is None else int(counted[3] or -1)
        if max(least, most) > _MOST_REPEATS or 0 <= most < least:
            raise BadPattern(f"bad repetition {counted[0]}")
        self._repeat(max(1, least if most < 0 else most))

    def _backslash(self) -> None:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "Q":
            end = self.text.find("\\E", self.at)
            quoted = self.text[self.at + 2 : end if end >= 0 else None]
            self.at = len(self.text) if end < 0 else end + 2
            if quoted:
                self._item()
            return
        if following and following in "bBAzC":
            self.at += 2
        elif not self._character_set():
            self._escape()
        self._item()

    def _character_set(self) -> bool:
        r"""Past ``\d``, ``\pN`` and the like, if that is what stands here."""
        following = self.text[self.at + 1 : self.at + 2]
        if following and following in "dDsSwW":
            self.at += 2
            return True
        if not following or following not in "pP":
            return False
        name = self.text[self.at + 2 : self.at + 3]
        end = self.at + 3
        if name == "{":
            end = self.text.find("}", self.at) + 1
            if not end:
                raise BadPattern("missing }")
            name = self.text[self.at + 3 : end - 1]
        group = name.removeprefix("^")
        if not _CATEGORY.fullmatch(group) and group not in _SCRIPTS:
            raise BadPattern(f"unknown category {name}")
        self.at = end
        return True

    def _escape(self) -> int:
        """The code of the escaped character here."""
        rest = self.text[self.at + 1 :][:16]
        if not rest:
            raise BadPattern("trailing backslash")
        if found := _OCTAL.match(rest):
            code = int(found[0], 8)
        elif found := _HEX.match(self.text, self.at + 1):
            code = int(found[1] or found[2], 16)
        elif rest[0] in "aftnrv" or not rest[0].isalnum():
            self.at += 2
            return {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}.get(rest[0], ord(rest[0]))
        else:
            raise BadPattern(f"\\{rest[0]} is not supported")
        if code > _LATIN1:
            raise BadPattern(f"\\{found[0]} is not supported")
        self.at += 1 + len(found[0])
        return code

    def _class(self) -> None:
        """Past a class in brackets. The first item of it may be a closing bracket."""
        begin = self.at
        self.at += 1
        if self.text.startswith("^", self.at):
            self.at += 1
        first = True
        while first or not self.text.startswith("]", self.at):
            first = False
            if self.at >= len(self.text):
                raise BadPattern(f"missing ]: {self.text[begin : begin + 20]}")
            if self.text.startswith("[:", self.at) and self.at + 2 <= self.named_before:
                named = _POSIX_CLASS.match(self.text, self.at)
                if named is None:
                    raise BadPattern("unknown class of characters")
                self.at = named.end()
            elif not (self.text[self.at] == "\\" and self._character_set()):
                self._range()
        self.at += 1

    def _range(self) -> None:
        low = high = self._class_character()
        if self.text.startswith("-", self.at) and self.text[self.at + 1 : self.at + 2] not in {"", "]"}:
            self.at += 1
            high = self._class_character()
        if high < low:
            raise BadPattern("a range of characters that runs backwards")

    def _class_character(self) -> int:
        if self.at >= len(self.text):
            raise BadPattern("missing ]")
        if self.text[self.at] == "\\":
            return self._escape()
        self.at += 1
        return ord(self.text[self.at - 1])
