"""What axe-core finds wrong with a page for those who see, hear or move differently."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from tests.console.browser import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def findings(page: Page) -> list[str]:
    """One line for each rule that the page breaks, with the first elements that do. Undecided
    rules are none."""
    page.evaluate(_script())
    asked = {"runOnly": list(RULES), "resultTypes": ["violations"]}
    question = f"axe.run(document, {json.dumps(asked)}).then(found => found.violations)"
    told = page.call("Runtime.evaluate", expression=question, awaitPromise=True, returnByValue=True)
    return [_line(each) for each in told["result"]["value"]]


def _line(violation: dict[str, Any]) -> str:
    where = [
        f"{node['target']} {node['any'][0]['message'] if node['any'] else ''}"
        for node in violation["nodes"][:4]
    ]
    return f"{violation['impact']} {violation['id']}: {'; '.join(where)}"


@cache
def _script() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
