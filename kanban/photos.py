"""Photos: of an item, of damage, of a delivery note. Made small, upright and anonymous before they are kept.

What a phone sends is decoded and encoded anew: no byte of the file itself is stored, so neither its
place and owner (EXIF) nor anything hidden in it comes along. The work is done by :func:`prepare`,
outside every transaction; :func:`add` stores the result in the database, beside what it belongs to.
"""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Moment, RowId
from kanban.languages import gettext as _

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 5_000_000
"""Bytes of a file that a form takes."""
SIDE = 1_600
"""Pixels of the longer side at most, as a screen shows it."""
SMALL_SIDE = 320
"""Pixels of the longer side at most, in lists and on cards."""
MOST_PIXELS = 50_000_000
"""Of a JPEG, which is decoded small; anything else has to be decoded whole and may have half of that."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


class NotAPhoto(ValueError):
    """What was sent is no picture that we can take; the message says why and what to do."""


class Photo(Base):
    """A photo as JPEG, and the same small. Its row never changes, so its address may be cached."""

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    width: Mapped[int]
    height: Mapped[int]
    added_at: Mapped[datetime] = mapped_column(Moment)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photo ready to be stored: JPEG without metadata, upright; sizes in pixels."""

    data: bytes
    small: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


_one_at_a_time = threading.BoundedSemaphore(2)  # a large photo takes 150 MB while it is decoded


def prepare(data: bytes) -> Prepared:
    """Check a file by its content and encode it anew. Slow: call it outside a transaction.

    Raises :class:`NotAPhoto` for what is no picture, is broken, or would unpack to too many pixels.
    """
    if not data:
        raise NotAPhoto(_("the file is empty: choose the photo again"))
    if len(data) > LARGEST_FILE:
        raise NotAPhoto(_("the file is larger than 5 MB: take the photo with fewer pixels"))
    with _one_at_a_time:
        picture = _decoded(data)
        large = _fitted(picture, SIDE)
        small = _fitted(large, SMALL_SIDE)
        return Prepared(_jpeg(large, 82), _jpeg(small, 80), *large.size)


def add(session: Session, deed: journal.Deed, data: bytes | Prepared) -> Photo:
    """Store a photo; the same picture is stored once. Raises :class:`NotAPhoto`.

    Its event leaves the deed's key to what the photo is for: a replay leads there.
    """
    ready = data if isinstance(data, Prepared) else prepare(data)
    known = session.scalar(select(Photo).where(Photo.sha256 == ready.sha256))
    if known is not None:
        return known
    size = {"width": ready.width, "height": ready.height}
    photo = Photo(sha256=ready.sha256, added_at=deed.at, data=ready.data, small=ready.small, **size)
    session.add(photo)
    session.flush()
    facts = size | {"sha256": ready.sha256, "bytes": len(ready.data)}
    journal.append(session, replace(deed, key=None), "added", "photo", photo.id, facts)
    return photo


def content(session: Session, photo_id: int, *, small: bool) -> tuple[str, bytes] | None:
    """A photo's hash and its JPEG, or none where there is no such photo."""
    row = session.execute(
        select(Photo.sha256, Photo.small if small else Photo.data).where(Photo.id == photo_id)
    ).first()
    return (row[0], row[1]) if row else None


def _decoded(data: bytes) -> Image:
    """The picture upright and without transparency."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd files; what cannot be decoded raises
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                _refuse_bomb(opened)
                opened.draft("RGB", (SIDE, SIDE))
                opened.load()
                upright = ImageOps.exif_transpose(opened)
                return _flat(upright)
    except NotAPhoto:
        raise
    except Image.DecompressionBombError as bomb:  # raised before its size can be asked for
        raise NotAPhoto(_("the photo has far too many pixels: make it smaller")) from bomb
    except UnidentifiedImageError as unknown:
        if data[4:8] == b"ftyp":
            raise NotAPhoto(
                _("this photo is HEIC: save it as JPEG (iPhone: Settings, Camera, Formats, Most Compatible)")
            ) from unknown
        raise NotAPhoto(_("this is no photo that we can read: send a JPEG, PNG or WebP")) from unknown
    except Exception as broken:  # decoders raise whatever a broken file makes them meet
        raise NotAPhoto(_("the photo is damaged: take it again, or save it as JPEG")) from broken


def _refuse_bomb(opened: Image) -> None:
    width, height = opened.size
    most = MOST_PIXELS if opened.format == "JPEG" else MOST_PIXELS // 2
    if width * height > most:
        raise NotAPhoto(
            _(
                "the photo has %(pixels)s megapixels, more than %(most)s: make it smaller",
                pixels=width * height // 1_000_000,
                most=most // 1_000_000,
            )
        )


def _flat(picture: Image) -> Image:
    from PIL import Image

    if picture.mode in ("RGB", "L"):
        return picture.convert("RGB")
    if picture.mode.startswith(("I", "F")):
        picture = picture.point(lambda grey: grey / 256).convert("L")
    coloured = picture.convert("RGBA")
    ground = Image.new("RGB", coloured.size, "white")
    ground.paste(coloured, mask=coloured)
    return ground


def _fitted(picture: Image, side: int) -> Image:
    from PIL import Image

    made = picture.copy()
    made.thumbnail((side, side), Image.Resampling.LANCZOS)
    return made


def _jpeg(picture: Image, quality: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
    return file.getvalue()
