"""Photos: what is taken, what is refused, and what is kept."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image
from shop import Shop
from sqlalchemy import select

from kanban import items, photos


def picture(
    size: tuple[int, int] = (800, 600), kind: str = "JPEG", mode: str = "RGB", **how: object
) -> bytes:
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize(size).convert(mode)
    image.save(file, kind, **how)
    return file.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_photo_is_kept_in_the_database_in_two_sizes(shop: Shop) -> None:
    made = shop.write(lambda session: photos.add(session, shop.deed(), picture((4000, 3000))).id)
    with shop.database.read() as session:
        large = photos.content(session, made, small=False)
        small = photos.content(session, made, small=True)
    assert large is not None
    assert small is not None
    assert opened(large[1]).size == (1600, 1200)
    assert opened(small[1]).size == (320, 240)
    assert opened(large[1]).format == opened(small[1]).format == "JPEG"


def test_the_same_photo_is_kept_once(shop: Shop) -> None:
    first, again = (
        shop.write(lambda session: photos.add(session, shop.deed(), picture()).id) for _ in range(2)
    )
    assert first == again
    assert shop.count(photos.Photo) == 1


def test_an_item_has_a_photo_and_loses_it(shop: Shop) -> None:
    def give(session, photo):
        return items.set_photo(session, shop.deed(), items.by_sku(session, "SCREW"), photo)

    assert shop.write(lambda session: give(session, photos.add(session, shop.deed(), picture())))
    with shop.database.read() as session:
        assert session.scalar(select(items.Item.photo_id).where(items.Item.sku == "SCREW")) == 1
    assert shop.look(shop.screws[0]).photo_id == 1
    assert shop.write(lambda session: give(session, None))
    assert not shop.write(lambda session: give(session, None))
    assert shop.look(shop.screws[0]).photo_id is None


def test_a_phone_held_sideways_gives_an_upright_photo_that_says_nothing_else() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    ready = photos.prepare(picture((400, 200), exif=exif))
    assert (ready.width, ready.height) == (200, 400)
    assert dict(opened(ready.data).getexif()) == {}
    assert b"Maker" not in ready.data


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("PNG", "L"), ("PNG", "1"), ("PNG", "I;16"), ("JPEG", "CMYK"),
     ("WEBP", "RGBA"), ("GIF", "P"), ("BMP", "RGB"), ("TIFF", "RGB"), ("PNG", "LA")],
)  # fmt: skip
def test_every_common_kind_is_taken(kind: str, mode: str) -> None:
    ready = photos.prepare(picture((64, 48), kind, mode))
    assert opened(ready.data).mode == "RGB"
    assert (ready.width, ready.height) == (64, 48)


def test_what_is_transparent_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(file, "PNG")
    assert opened(photos.prepare(file.getvalue()).data).getpixel((5, 5)) == (255, 255, 255)


def bomb(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it has ``side`` × ``side`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 999))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"not a picture", "no photo that we can read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no photo that we can read"),
        (b"%PDF-1.7", "no photo that we can read"),
        (b"\xff\xd8\xff not a picture", "no photo that we can read|damaged"),
        (picture()[:1500], "damaged"),
        (b"x" * 5_000_001, "larger than 5 MB"),
        (bomb(12_000), "megapixels"),
        (bomb(60_000), "far too many pixels"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 999, "HEIC: save it as JPEG"),
        (bomb(100), "damaged"),
    ],
)
def test_what_is_no_photo_is_refused_and_told_why(data: bytes, says: str) -> None:
    with pytest.raises(photos.NotAPhoto, match=says):
        photos.prepare(data)
