"""Text from outside as people may safely be shown it, and as it may be put on record. Pure.

Names of files, cameras, cases and subjects are chosen by others. They are never changed; what
would steer a terminal, break a line, turn the direction of what follows or show nothing at all is
shown as an escape, as ``repr`` does: ``\\n``, ``\\x1b``, ``\\u202e``. A backslash stays one.
"""

from __future__ import annotations


def visible(text: str, encoding: str = "utf-8") -> str:
    """``text`` on one line, with an escape for every character that does not print.

    Those are Unicode's controls, format characters (direction marks among them), separators other
    than the space, surrogates, and what is not assigned. So is what ``encoding`` does not have.
    """
    shown = text if text.isprintable() else "".join(map(_shown, text))
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def visible_lines(text: str, encoding: str = "utf-8") -> str:
    """The same, for a text whose line breaks are its own."""
    return "\n".join(visible(line, encoding) for line in text.split("\n"))


def visible_json(text: str, encoding: str = "utf-8") -> str:
    """JSON text that means the very same, with JSON's own escapes (``\\u202e``)."""
    return "".join(
        char if char == "\n" or _prints(char, encoding) else _json_escape(char) for char in text
    )


def plain_line(text: str | None) -> str:
    """``text`` as it is put on record: one line of what can be seen, empty where there is nothing.

    What people state and answer for must hold nothing that a reader cannot notice. White space of
    any kind becomes one space; what else does not print (marks of no width or of direction,
    controls, surrogates) is left out.
    """
    seen = (letter for letter in text or "" if letter.isprintable() or letter.isspace())
    return " ".join("".join(seen).split())


def ornament(drawn: str, plain: str, encoding: str) -> str:
    """What we ourselves draw with; ``plain`` where ``encoding`` does not have it."""
    return drawn if visible(drawn, encoding) == drawn else plain


def _shown(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def _prints(char: str, encoding: str) -> bool:
    return visible(char, encoding) == char


def _json_escape(char: str) -> str:
    utf16 = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{utf16[at : at + 4]}" for at in range(0, len(utf16), 4))
