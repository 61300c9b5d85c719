"""Photos on the screens: taken in by the item's form, shown with its item and its cards."""

from __future__ import annotations

import io

from PIL import Image

from web.conftest import Client, ShopData

FACTS = {"sku": "SCREW", "name": "Hexagon screw M8", "unit": "pcs"}


def picture(colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), colour).save(file, "JPEG")
    return file.getvalue()


def send(buyer: Client, address: str, data: bytes, name: str = "photo.jpg", **more: str):
    return buyer.post(address, {**FACTS, **more, "photo": (io.BytesIO(data), name)})


def test_a_photo_that_the_form_sends_is_shown_with_item_and_card(buyer: Client, shop: ShopData) -> None:
    assert send(buyer, f"/items/{shop.screw}", picture()).status_code == 303
    assert "/photos/1" in buyer.get(f"/items/{shop.screw}").text
    assert "/photos/1/small" in buyer.get(f"/c/{shop.codes[0]}").text
    assert "/photos/1/small" in buyer.get(f"/items/{shop.screw}/edit").text
    for address in ("/photos/1", "/photos/1/small"):
        answer = buyer.get(address)
        assert answer.content_type == "image/jpeg"
        assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
        assert "no-store" not in answer.headers["Cache-Control"]
        again = buyer.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_new_item_may_bring_its_photo(buyer: Client) -> None:
    answer = send(buyer, "/items", picture(), sku="NEW", name="New")
    assert answer.status_code == 303
    assert "/photos/1" in buyer.get(answer.location).text


def test_a_photo_is_taken_away(buyer: Client, shop: ShopData) -> None:
    send(buyer, f"/items/{shop.screw}", picture())
    assert buyer.post(f"/items/{shop.screw}", FACTS).status_code == 303
    assert "/photos/1" in buyer.get(f"/items/{shop.screw}").text, "a form without photo keeps it"
    buyer.post(f"/items/{shop.screw}", {**FACTS, "photo_gone": "yes"})
    assert "/photos/1" not in buyer.get(f"/items/{shop.screw}").text


def test_a_replay_leads_to_the_item_again(buyer: Client, shop: ShopData) -> None:
    for _ in range(2):
        sent = {**FACTS, "photo": (io.BytesIO(picture()), "photo.jpg")}
        answer = buyer.post(f"/items/{shop.screw}", sent, key="the-same-key")
        assert answer.location == f"/items/{shop.screw}"


def test_what_is_no_photo_brings_the_form_back_with_the_reason(buyer: Client, shop: ShopData) -> None:
    answer = send(buyer, f"/items/{shop.screw}", b"not a picture", name="photo.jpg")
    assert answer.status_code == 422
    assert "no photo that we can read" in answer.text


def test_a_photo_of_5_megabytes_is_taken_and_a_larger_body_is_not(buyer: Client, shop: ShopData) -> None:
    assert send(buyer, f"/items/{shop.screw}", b"x" * 5_000_001).status_code == 422
    assert send(buyer, f"/items/{shop.screw}", b"x" * 7_000_000).status_code == 413
    assert buyer.post("/locations", {"name": "x" * 2_000_000}).status_code == 413


def test_nobody_else_sees_a_photo(stranger: Client, buyer: Client, shop: ShopData) -> None:
    send(buyer, f"/items/{shop.screw}", picture())
    assert stranger.get("/photos/1").status_code == 303
    assert "/photos/" not in stranger.get(f"/c/{shop.codes[0]}").text


def test_a_photo_that_is_not_there_is_404(viewer: Client) -> None:
    assert viewer.get("/photos/99").status_code == 404
    assert viewer.get("/photos/99/small").status_code == 404
