"""What the printer prints for a bin: a code becomes a QR symbol, symbol and facts become cards and labels.

Faces are typst designs (`labels/<face>.typ`), stocks are geometry (`labels/stocks/<stock>.toml`, in mm).
Values reach a design as JSON only and are set as plain text; nothing in a name can become mark-up.
"""

import base64
import io
import json
import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import segno
from segno import consts

if TYPE_CHECKING:
    from typst import Fonts

QUIET_ZONE = 4
"""Modules of white on every side of a symbol."""
GOOD_MODULE_MM = 0.5
"""Below this a caller should warn: phones need to come close (four dots of a 203 dpi printer)."""
LEAST_MODULE_MM = 0.33
"""Below this nothing is printed: four dots of a 300 dpi printer."""

_LONGEST = 400  # characters of one value; no label has room for more, and fitting takes time
_PHOTO_PX = 480
_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}|")
_ANY_CODE = "0" * 12  # every code is as long as the next, so is its symbol


class LabelError(ValueError):
    """Something that cannot be printed; the message says why."""


class UnknownFace(LabelError):
    """The folder holds no design of that name."""


class UnknownStock(LabelError):
    """The folder holds no geometry of that name."""


class FaceDoesNotFit(LabelError):
    """The labels of the stock are smaller than the design allows."""


class ModuleTooSmall(LabelError):
    """Modules would be smaller than LEAST_MODULE_MM; a shorter host name or a larger label helps."""


class StartOffSheet(LabelError):
    """The start position is not on the sheet."""


class NothingToPrint(LabelError):
    """No label was given."""


class NotACode(LabelError):
    """A code is 12 characters of Crockford base32."""


class NotAnAddress(LabelError):
    """The base address is not a plain http(s) address."""


class NotAColour(LabelError):
    """A colour is `#rrggbb` or nothing."""


@dataclass(frozen=True, slots=True)
class Label:
    """The finished text of one label; `quantity` and `lead_time` carry their unit, `photo` is a file."""

    code: str
    sku: str
    name: str
    quantity: str
    number: int = 1
    of: int = 1
    supplier: str = ""
    supplier_sku: str = ""
    location: str = ""
    lead_time: str = ""
    kind: str = "purchase"
    colour: str = ""
    print_version: int = 1
    printed_on: str = ""
    photo: Path | None = None
    shop: str = ""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise NotACode(f"{self.code!r} is not a code of 12 Crockford base32 characters in upper case")
        if not _COLOUR.fullmatch(self.colour):
            raise NotAColour(f"{self.colour!r} is not a colour like #1f6feb")


@dataclass(frozen=True, slots=True)
class Face:
    """A design. `least` is the smallest label (width, height in mm) that it can be set on."""

    name: str
    title: str
    least: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet of labels; all lengths in mm, positions counted row by row from 1."""

    name: str
    title: str
    paper: tuple[float, float]
    label: tuple[float, float]
    columns: int
    rows: int
    left: float
    top: float
    pitch: tuple[float, float]
    cut: bool

    @property
    def per_sheet(self) -> int:
        return self.columns * self.rows

    def corner(self, position: int) -> tuple[float, float]:
        """Upper left corner of the label at a position, from the paper's upper left corner, in mm."""
        row, column = divmod(position - 1, self.columns)
        return self.left + column * self.pitch[0], self.top + row * self.pitch[1]


def faces(assets: Path) -> list[Face]:
    """Every design in the folder, by name."""
    found = ((path.stem, _described(assets, path.stem, (0, 0))) for path in sorted(assets.glob("*.typ")))
    return [Face(name, about["title"], tuple(about["least"])) for name, about in found]


def stocks(assets: Path) -> list[Stock]:
    """Every stock in the folder, by name."""
    return [_stock(path) for path in sorted((assets / "stocks").glob("*.toml"))]


@lru_cache(maxsize=2048)
def symbol(url_base: str, code: str) -> segno.QRCode:
    """The QR symbol of a card: `<base>/c/` in byte mode, the code as an alphanumeric segment, level M.

    Scheme and host are set in lower case: phones refuse or misread others. Raises NotACode, NotAnAddress.
    """
    if not _CODE.fullmatch(code):
        raise NotACode(f"{code!r} is not a code of 12 Crockford base32 characters in upper case")
    segments = [(f"{_address(url_base)}/c/", consts.MODE_BYTE), (code, consts.MODE_ALPHANUMERIC)]
    # segno takes segments, its stub does not say so
    return segno.make(segments, error="m", boost_error=False, micro=False)  # type: ignore[arg-type]


def module_mm(*, base_url: str, face: str, stock: str, assets: Path) -> float:
    """Side of one module, in mm, on this stock. Raises UnknownFace, UnknownStock, FaceDoesNotFit."""
    chosen = _known_stock(assets, stock)
    _, _, side = _placed(assets, face, chosen)
    return side / symbol(base_url, _ANY_CODE).symbol_size(border=QUIET_ZONE)[0]


def symbol_place(*, face: str, stock: str, assets: Path) -> tuple[float, float, float]:
    """Left, top and side, in mm from the label's corner, of the symbol with its quiet zone."""
    return _placed(assets, face, _known_stock(assets, stock))


def pdf(
    labels: Sequence[Label], *, base_url: str, face: str, stock: str, start: int = 1, assets: Path
) -> bytes:
    """Sheets of labels as PDF, the first label at position `start` of the first sheet.

    The same labels give the same bytes. Raises a LabelError that says what cannot be printed.
    """
    chosen = _known_stock(assets, stock)
    if not labels:
        raise NothingToPrint("there is no label to print")
    if not 1 <= start <= chosen.per_sheet:
        raise StartOffSheet(f"start at 1 to {chosen.per_sheet}, not {start}: {chosen.title}")
    module = module_mm(base_url=base_url, face=face, stock=stock, assets=assets)
    if module < LEAST_MODULE_MM:
        raise ModuleTooSmall(
            f"modules of {module:.2f} mm are below {LEAST_MODULE_MM} mm: "
            "use a larger label or a shorter host name"
        )
    photos = {str(path): _photo(path) for path in dict.fromkeys(label.photo for label in labels) if path}
    data = {
        "stock": asdict(chosen),
        "start": start,
        "photos": {path: svg for path, svg in photos.items() if svg},
        "labels": [_row(label, base_url, photos) for label in labels],
    }
    return typeset(
        assets / "press" / "sheet.typ",
        root=assets,
        fonts=assets / "fonts",
        inputs={"face": f"/{face}.typ", "data": json.dumps(data)},
    )


def typeset(source: Path, *, root: Path, fonts: Path, inputs: dict[str, str], tags: bool = False) -> bytes:
    """Compile a typst design to an undated PDF; `tags` adds the structure that screen readers use."""
    import typst

    return typst.compile(
        source,
        root=root,
        font_paths=_fonts(fonts),
        sys_inputs=inputs,
        format="pdf",
        timestamp=0,
        pdf_tags=tags,
    )


def plain(value: str) -> str:
    """One line of text that can be set: composed, without control characters, at most 400 characters long.

    Marks piled on a letter are cut at three, direction overrides dropped: neither may reach other fields.
    """
    composed = unicodedata.normalize("NFC", value.encode("utf-8", "replace").decode())
    kept: list[str] = []
    marks = 0
    for letter in composed[: 2 * _LONGEST]:
        category = unicodedata.category(letter)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= 3 and not _overrides_direction(letter):
            kept.append(" " if category in ("Cc", "Zl", "Zp") else letter)
    line = re.sub(" +", " ", "".join(kept)).strip()  # no-break spaces stay: they hold numbers together
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _overrides_direction(letter: str) -> bool:
    return "\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069"


def _address(url_base: str) -> str:
    parts = urlsplit(url_base)
    plain_address = parts.scheme in ("http", "https") and parts.netloc and url_base.isascii()
    if not plain_address or parts.query or parts.fragment or "@" in parts.netloc or " " in url_base:
        raise NotAnAddress(f"{url_base!r} is not an address like https://kanban.example")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


@lru_cache(maxsize=4)
def _fonts(folder: Path) -> "Fonts":
    # Looking through the system's fonts costs 0.1 s, so once per folder.
    from typst import Fonts

    return Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[folder])


def _described(assets: Path, face: str, size: tuple[float, float]) -> dict[str, Any]:
    import typst

    inputs = {"face": f"/{face}.typ", "width": str(size[0]), "height": str(size[1])}
    source = assets / "press" / "face.typ"
    found = typst.query(
        source,
        "<face>",
        field="value",
        one=True,
        root=assets,
        font_paths=_fonts(assets / "fonts"),
        sys_inputs=inputs,
    )
    about: dict[str, Any] = json.loads(found)
    return about


def _placed(assets: Path, face: str, stock: Stock) -> tuple[float, float, float]:
    if face not in {path.stem for path in assets.glob("*.typ")}:
        raise UnknownFace(f"there is no face {face!r}")
    about = _described(assets, face, stock.label)
    if stock.label[0] < about["least"][0] or stock.label[1] < about["least"][1]:
        least = "{} × {} mm".format(*about["least"])
        raise FaceDoesNotFit(f"{about['title']} needs a label of at least {least}: not {stock.title}")
    x, y, side = about["symbol"]
    return x, y, side


def _known_stock(assets: Path, name: str) -> Stock:
    for path in (assets / "stocks").glob("*.toml"):
        if path.stem == name:
            return _stock(path)
    raise UnknownStock(f"there is no stock {name!r}")


def _stock(path: Path) -> Stock:
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    pairs = {key: tuple(facts[key]) for key in ("paper", "label", "pitch")}
    return Stock(path.stem, **(facts | pairs))


def _row(label: Label, base_url: str, photos: dict[str, str | None]) -> dict[str, Any]:
    facts = {key: plain(value) if isinstance(value, str) else value for key, value in asdict(label).items()}
    photo = str(label.photo)
    return facts | {"photo": photo if photos.get(photo) else None, "symbol": _drawing(base_url, label.code)}


def _drawing(base_url: str, code: str) -> str:
    """The symbol with its quiet zone as SVG: one filled path, a rectangle per horizontal run."""
    matrix = symbol(base_url, code).matrix
    runs = []
    for y, row in enumerate(matrix, QUIET_ZONE):
        line = "".join("#" if module else " " for module in row)
        runs += [
            f"M{run.start() + QUIET_ZONE} {y}h{len(run[0])}v1h-{len(run[0])}z"
            for run in re.finditer("#+", line)
        ]
    side = len(matrix) + 2 * QUIET_ZONE
    return _svg(side, side, f'<path d="{"".join(runs)}"/>')


def _svg(width: int, height: int, body: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {size}>{body}</svg>"


def _photo(path: Path) -> str | None:
    """A photo made small and upright, wrapped as SVG; None if it cannot be read: the card matters more."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as original:
            original.draft("RGB", (_PHOTO_PX, _PHOTO_PX))
            upright = ImageOps.exif_transpose(original).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    upright.thumbnail((_PHOTO_PX, _PHOTO_PX))
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright)
    jpeg = io.BytesIO()
    flat.save(jpeg, "JPEG", quality=82)
    href = "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode()
    width, height = flat.size
    return _svg(width, height, f'<image width="{width}" height="{height}" xlink:href="{href}"/>')
