"""Names that others may choose, and what a person is shown of them."""

from __future__ import annotations

SHOWN_AS: dict[str, str] = {
    "plain": "plain",
    "Gate [/south]": "Gate [/south]",
    "[bold red]x[/]": "[bold red]x[/]",
    ":car: lane": ":car: lane",
    "\x1b[31mred\x1b[0m": r"\x1b[31mred\x1b[0m",
    "\x9b2J": r"\x9b2J",
    "two\nlines\r\tand a tab": r"two\nlines\r\tand a tab",
    "a\u202egpj.mp4": r"a\u202egpj.mp4",
    "\u2066in\u2069 \u200eand\u200f \u061cout": r"\u2066in\u2069 \u200eand\u200f \u061cout",
    "\u2028\u2029": r"\u2028\u2029",
    "soft\u00adhyphen\u200b": r"soft\xadhyphen\u200b",
    "=HYPERLINK(1)": "=HYPERLINK(1)",
    "+44 20": "+44 20",
    "-1": "-1",
    "@site": "@site",
    "＝1＋1": "＝1＋1",
    "<b>&\"'": "<b>&\"'",
    "back\\slash": "back\\slash",
    "gäte – 中 שלום": "gäte – 中 שלום",
    "\udcff.mp4": r"\udcff.mp4",
}
NAMES = tuple(SHOWN_AS)
STORED = tuple(name for name in NAMES if "\udcff" not in name)
"""Those that a table can hold: the last is a file's undecodable name."""
NO_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
