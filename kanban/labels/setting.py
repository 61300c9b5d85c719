"""Typst: designs in, pages out. The only place that calls it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from typst import Fonts


def typeset(source: Path, *, root: Path, fonts: Path, inputs: dict[str, str], tags: bool = False) -> bytes:
    """Compile a typst design to an undated PDF; `tags` adds the structure that screen readers use."""
    import typst

    return typst.compile(
        source,
        root=root,
        font_paths=installed(fonts),
        sys_inputs=inputs,
        format="pdf",
        timestamp=0,
        pdf_tags=tags,
        pdf_standards=[] if tags else "1.4",  # 1.4: objects stand one by one, so files can be joined
    )


def pictures(
    source: Path, kind: Literal["svg", "png"], *, root: Path, inputs: dict[str, str], dots: float = 144
) -> list[bytes]:
    """The pages of a design as SVG, or as PNG with ``dots`` an inch."""
    import typst

    made = typst.compile(
        source, root=root, font_paths=installed(root / "fonts"), sys_inputs=inputs, format=kind, ppi=dots
    )
    return made if isinstance(made, list) else [made]


def query(source: Path, selector: str, root: Path, inputs: dict[str, str]) -> str:
    """What a design says of itself, as JSON."""
    import typst

    return typst.query(
        source,
        selector,
        field="value",
        one=True,
        root=root,
        font_paths=installed(root / "fonts"),
        sys_inputs=inputs,
    )


@lru_cache(maxsize=4)
def installed(folder: Path) -> Fonts:
    """Our own fonts and the system's. Looking for them costs 0.1 s, so once per folder."""
    from typst import Fonts

    return Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[folder])
