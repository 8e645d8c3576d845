"""Reads a page of HTML."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "br", "img", "link"}
# HTML lets these end by themselves.
OPTIONAL_END = {"tr", "td", "th", "li", "thead", "tbody"}


class Page(HTMLParser):
    """The page as a browser sees it: elements, text, and whether the elements nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        assert self._open == []
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag_: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag_, dict(attrs)))
        if tag_ not in VOID | OPTIONAL_END | {"rect", "line"}:
            self._open.append(tag_)

    def handle_endtag(self, tag_: str) -> None:
        if tag_ not in OPTIONAL_END | {"rect", "line"}:
            assert self._open.pop() == tag_

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.words.append(data)

    def all(self, tag_: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag_]
