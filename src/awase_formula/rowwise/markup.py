"""Functions that write links, images and escaped text. Rare in rules; the exact markup is from memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from urllib.parse import quote_plus

from awase_formula.values import Value, plain

_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_SCRIPT = {
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "<": "\\u003C",
    ">": "\\u003E",
    "/": "\\/",
}


def _replaced(table: Mapping[str, str]) -> Callable[[str | None], str | None]:
    return lambda text: (
        None if text is None else "".join(table.get(character, character) for character in text)
    )


_html = _replaced(_HTML)
_script = _replaced(_SCRIPT)


def _hyperlink(address: str | None, label: str | None, target: str | None = "_blank") -> str | None:
    if address is None:
        return None
    return f'<a href="{address}" target="{target or "_blank"}">{label or ""}</a>'


def _image(
    address: str | None, label: str | None, height: Decimal | None = None, width: Decimal | None = None
) -> str | None:
    if address is None:
        return None
    sizes = [
        f"{name}:{plain(size)}px; "
        for name, size in (("height", height), ("width", width))
        if size is not None
    ]
    style = f' style="{"".join(sizes)}"' if sizes else ""
    return f'<img src="{address}" alt="{label or ""}"{style} border="0"/>'


MARKUP: Mapping[str, Callable[..., Value]] = {
    "HTMLENCODE": _html,
    "HYPERLINK": _hyperlink,
    "IMAGE": _image,
    "JSENCODE": _script,
    "JSINHTMLENCODE": lambda text: _script(_html(text)),
    "URLENCODE": lambda text: None if text is None else quote_plus(text, safe="*-._"),
}
