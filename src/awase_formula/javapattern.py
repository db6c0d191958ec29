"""Java's patterns, rewritten piece by piece for Python and for Rust, with every character class spelled out as ranges."""

from __future__ import annotations

import re

from awase_formula import codepoints as cp
from awase_formula.codepoints import Ranges

_DEEPEST = 60
_LONGEST_PATTERN = 10_000


class Unsupported(Exception):
    """Java would take it; we have no translation."""


class Broken(Exception):
    """Java would refuse it."""


_SIMPLE = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_CLASSES = {"d": cp.DIGIT, "w": cp.WORD, "s": cp.SPACE, "h": cp.HORIZONTAL, "v": cp.VERTICAL}
_QUANTIFIER = re.compile(r"(?:([*+?])|\{([0-9]{1,9})(,([0-9]{0,9}))?\})([+?]?)")
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])")


class PatternWriter:
    """One pass over a pattern, by recursive descent with a bounded depth."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > _LONGEST_PATTERN:
            raise Unsupported
        self.pattern = pattern
        self.at = 0
        self.rust = False
        self.python_only = False
        self.stars = 0
        self.nested_stars = 0
        self.groups = 0
        self.names: set[str] = set()
        self.case = False
        self.dot_all = False

    def written(self, rust: bool) -> str:
        self.rust = rust
        result, _ = self.alternatives(0)
        if self.at < len(self.pattern):
            raise Broken
        return result

    # --- structure ---------------------------------------------------------------------------------------------

    def peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def take(self) -> str:
        if self.at >= len(self.pattern):
            raise Broken
        self.at += 1
        return self.pattern[self.at - 1]

    def alternatives(self, depth: int) -> tuple[str, int]:
        """Alternatives up to a closing parenthesis or the end, and how deep repetitions nest in them."""
        if depth > _DEEPEST:
            raise Unsupported
        flags = (self.case, self.dot_all)
        parts, deepest = [], 0
        while True:
            part, stars = self.sequence(depth)
            parts.append(part)
            deepest = max(deepest, stars)
            if not self.peek("|"):
                break
            self.at += 1
        self.case, self.dot_all = flags
        return "|".join(parts), deepest

    def sequence(self, depth: int) -> tuple[str, int]:
        parts, deepest = [], 0
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            atom, stars, repeatable = self.atom(depth)
            quantifier, repeats, unbounded = self.quantifier()
            if repeats and not repeatable:
                raise Unsupported  # Java repeats an anchor and even flags (confirmed)
            if unbounded:
                self.stars += 1
                stars += 1
                self.nested_stars += stars > 1
            parts.append((f"(?:{atom})" if repeats else atom) + quantifier)
            deepest = max(deepest, stars)
        return "".join(parts), deepest

    def quantifier(self) -> tuple[str, bool, bool]:
        match = _QUANTIFIER.match(self.pattern, self.at)
        if match is None:
            if self.at < len(self.pattern) and self.pattern[self.at] == "{":
                raise Broken
            return "", False, False
        self.at = match.end()
        sign, low, comma, high, mode = match.groups()
        if low is not None and comma and high and int(high) < int(low):
            raise Broken
        if mode == "+":
            self.python_only = True
        bounds = sign or "{" + low + (comma or "") + "}"
        unbounded = sign in ("*", "+") or bool(comma and not high) or bool(low and int(high or low) > 50)
        return bounds + ("+" if mode == "+" else ""), True, unbounded

    def atom(self, depth: int) -> tuple[str, int, bool]:
        character = self.take()
        match character:
            case "(":
                return self.group(depth)
            case "[":
                return self.set(self.bracketed(0)), 0, True
            case ".":
                return self.set(((0, cp.LAST),) if self.dot_all else cp.complement(cp.LINE_ENDS)), 0, True
            case "^":
                return r"\A", 0, False
            case "$":
                return self.dollar(), 0, False
            case "\\":
                return self.escape()
            case "*" | "+" | "?":
                raise Broken
            case "{":
                raise Unsupported if self.pattern[self.at : self.at + 1].isdigit() else Broken
            case _:
                return self.literal(character), 0, True

    def group(self, depth: int) -> tuple[str, int, bool]:
        if not self.peek("?"):
            self.groups += 1
            return self.closed("(" if not self.rust else "(?:", depth)
        flags = _FLAGS.match(self.pattern, self.at - 1)
        if flags and (flags[1] or flags[2] or flags[3] == ":"):
            self.at = flags.end()
            return self.flagged(flags[1], flags[2] or "", flags[3] == ":", depth)
        if flags:
            raise Unsupported  # (?) sets nothing
        for opening, python in (
            ("?=", "(?="),
            ("?!", "(?!"),
            ("?<=", "(?<="),
            ("?<!", "(?<!"),
            ("?>", "(?>"),
        ):
            if self.peek(opening):
                self.at += len(opening)
                self.python_only = True
                return self.closed(python, depth)
        named = re.compile(r"\?<([A-Za-z][A-Za-z0-9]*)>").match(self.pattern, self.at)
        if named is None or named[1] in self.names:
            raise Broken
        self.at = named.end()
        self.groups += 1
        self.names.add(named[1])
        return self.closed("(?:" if self.rust else f"(?P<{named[1]}>", depth)

    def closed(self, opening: str, depth: int) -> tuple[str, int, bool]:
        inner, stars = self.alternatives(depth + 1)
        if not self.peek(")"):
            raise Broken
        self.at += 1
        return f"{opening}{inner})", stars, True

    def flagged(self, on: str, off: str, group: bool, depth: int) -> tuple[str, int, bool]:
        if not set(on + off) <= set("isdmuxU"):
            raise Broken
        if not set(on + off) <= set("is"):
            raise Unsupported
        before = (self.case, self.dot_all)
        self.case = (self.case or "i" in on) and "i" not in off
        self.dot_all = (self.dot_all or "s" in on) and "s" not in off
        if not group:
            return "", 0, False
        result = self.closed("(?:", depth)
        self.case, self.dot_all = before
        return result

    def dollar(self) -> str:
        if self.at >= len(self.pattern) or self.pattern[self.at] in "|)":
            return r"\z" if self.rust else r"\Z"
        self.python_only = True
        return r"(?=(?:\r\n|[\n\r\u0085\u2028\u2029])?\Z)"

    # --- characters --------------------------------------------------------------------------------------------

    def literal(self, character: str) -> str:
        return self.set(((ord(character), ord(character)),))

    def set(self, characters: Ranges) -> str:
        if self.case:
            characters = cp.both_cases(characters)
        if not characters:
            raise Unsupported
        surrogates = cp.intersection(characters, ((0xD800, 0xDFFF),))
        if (
            surrogates
            and characters != ((0, cp.LAST),)
            and len(characters) <= 2
            and characters[0][0] >= 0xD800
        ):
            raise Unsupported
        if len(characters) == 1 and characters[0][0] == characters[0][1]:
            return self.point(characters[0][0])
        if self.rust:
            characters = cp.intersection(characters, cp.complement(((0xD800, 0xDFFF),)))
        pieces = (self.point(a) if a == b else f"{self.point(a)}-{self.point(b)}" for a, b in characters)
        return f"[{''.join(pieces)}]"

    def point(self, code: int) -> str:
        character = chr(code)
        if character.isascii() and character.isalnum():
            return character
        return f"\\x{{{code:x}}}" if self.rust else f"\\U{code:08x}"

    def escape(self) -> tuple[str, int, bool]:
        character = self.take()
        if character in "AzZGbBRXN" or character.isdigit() or character == "k":
            return self.special(character)
        if character == "Q":
            return self.quoted()
        self.at -= 1
        return self.set(self.escaped()), 0, True

    def special(self, character: str) -> tuple[str, int, bool]:
        if character == "0":
            self.at -= 1
            return self.set(self.escaped()), 0, True
        if character == "B" and not self.rust:
            return r"(?!\b)", 0, False  # Python's own does not match in an empty text
        if character in "bB":
            return f"\\{character}", 0, False
        if character == "A":
            return r"\A", 0, False
        if character == "z":
            return (r"\z" if self.rust else r"\Z"), 0, False
        if character == "Z":
            return self.dollar(), 0, False
        if character == "R":
            return r"(?:\r\n|" + self.set(cp.VERTICAL) + ")", 0, True
        self.python_only = True
        if character == "k":
            named = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>").match(self.pattern, self.at)
            if named is None or named[1] not in self.names:
                raise Broken
            self.at = named.end()
            return f"(?P={named[1]})", 0, True
        if character.isdigit() and int(character) <= self.groups and not self.case:
            return f"(?:\\{character})", 0, True
        raise Unsupported

    def quoted(self) -> tuple[str, int, bool]:
        end = self.pattern.find("\\E", self.at)
        body = self.pattern[self.at :] if end < 0 else self.pattern[self.at : end]
        self.at = len(self.pattern) if end < 0 else end + 2
        if len(body) > 1 and self.at < len(self.pattern) and self.pattern[self.at] in "*+?{":
            raise Unsupported
        return "".join(map(self.literal, body)), 0, bool(body)

    def escaped(self) -> Ranges:
        """The set that an escape stands for, its backslash already taken."""
        character = self.take()
        if character in _SIMPLE:
            return cp.of(_SIMPLE[character])
        if character.lower() in _CLASSES:
            found = _CLASSES[character.lower()]
            return found if character.islower() else cp.complement(found)
        if character in "pP":
            found = self.property()
            return found if character == "p" else cp.complement(found)
        if character in "xu0c":
            code = self.code(character)
            return ((code, code),)
        if character.isascii() and character.isalnum():
            raise Broken
        return cp.of(character)

    def code(self, character: str) -> int:
        forms = {
            "x": r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\}",
            "u": r"([0-9A-Fa-f]{4})",
            "0": r"([0-3]?[0-7]{1,2})",
            "c": r"(.)",
        }
        match = re.compile(forms[character]).match(self.pattern, self.at)
        if match is None:
            raise Broken
        self.at = match.end()
        digits = next(filter(None, match.groups()))
        code = ord(digits) ^ 64 if character == "c" else int(digits, 8 if character == "0" else 16)
        if code > cp.LAST:
            raise Broken
        if 0xD800 <= code <= 0xDFFF:
            raise Unsupported
        return code

    def property(self) -> Ranges:
        match = re.compile(r"\{([^{}]+)\}|([A-Z])").match(self.pattern, self.at)
        if match is None:
            raise Broken
        self.at = match.end()
        name = match[1] or match[2]
        if name in cp.POSIX:
            return cp.POSIX[name]
        block = re.fullmatch(r"(?:In|block=|blk=)(.+)", name)
        if block is not None and (called := re.sub("[ _]", "", block[1]).casefold()) in cp.BLOCKS:
            return cp.BLOCKS[called]
        for prefix in ("script=", "sc=", "Is", "general_category=", "gc=", ""):
            if name.startswith(prefix):
                name = name[len(prefix) :]
                break
        if prefix and name in cp.SCRIPTS:
            return cp.SCRIPTS[name]
        found = cp.category(name) if len(name) <= 2 else ()
        if not found:
            raise Unsupported
        return found

    def bracketed(self, depth: int) -> Ranges:
        """A character class after its ``[``: unions, ranges, nested classes, ``&&`` and ``^``."""
        if depth > _DEEPEST:
            raise Unsupported
        negated = self.peek("^")
        self.at += negated
        whole: Ranges | None = None
        pieces: list[Ranges] = []
        first = True
        while first or not self.peek("]"):
            first = False
            if self.peek("&&"):
                self.at += 2
                whole = cp.union(*pieces) if whole is None else cp.intersection(whole, cp.union(*pieces))
                pieces = []
                continue
            pieces.append(self.member(depth))
        self.at += 1
        if not pieces and whole is None:
            raise Broken
        found = cp.union(*pieces)
        if whole is not None:
            found = cp.intersection(whole, found) if pieces else whole
        if self.case:
            found = cp.both_cases(found)
        return cp.complement(found) if negated else found

    def member(self, depth: int) -> Ranges:
        character = self.take()
        if character == "[":
            return self.bracketed(depth + 1)
        if character == "\\" and self.peek("Q"):
            raise Unsupported
        low = self.escaped() if character == "\\" else cp.of(character)
        single = len(low) == 1 and low[0][0] == low[0][1]
        if not single or not self.peek("-") or self.pattern[self.at + 1 : self.at + 2] in ("]", "[", ""):
            return low
        self.at += 1
        character = self.take()
        high = self.escaped() if character == "\\" else cp.of(character)
        if len(high) != 1 or high[0][0] != high[0][1] or high[0][0] < low[0][0]:
            raise Broken
        return ((low[0][0], high[0][0]),)
