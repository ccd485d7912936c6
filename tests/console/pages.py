"""What a page's modules answer, asked in the browser."""

from __future__ import annotations

import json
from typing import Any

from tests.console.browser import Page


def answer_of(page: Page, module: str, call: str) -> Any:
    """``call`` is an expression in which ``m`` is the module."""
    wanted = json.dumps(f"/static/{module}.js")
    page.evaluate(
        f"window.answered = undefined; import({wanted}).then(m => "
        f"{{ window.answered = {{ is: {call} }} }})"
    )
    page.wait("window.answered")
    return page.evaluate("window.answered.is")
