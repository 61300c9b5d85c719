"""Key streams as hand scanners and people send them, with the moments of their keys said exactly."""

from __future__ import annotations

import time

from playwright.sync_api import Page

SUFFIXES = {
    "CR": ("Enter", "Enter", 0, 13),
    "LF": ("j", "KeyJ", 2, 74),  # Ctrl+J is how a line feed is typed
    "TAB": ("Tab", "Tab", 0, 9),
}
SIGNS = {":": "Semicolon", "/": "Slash", "-": "Minus", ".": "Period", "_": "Minus"}
GERMAN = {":": "Ö", "/": "-", "-": "ß", "_": "?", "y": "z", "z": "y", "Y": "Z", "Z": "Y"}
SHIFT = 8


def scan(page: Page, text: str, *, suffix: str = "CR", gap: float = 0.006, german: bool = False) -> None:
    """Type ``text`` as a hand scanner set to the US layout does; ``german``: on a desk with a German one."""
    wire, at = page.context.new_cdp_session(page), time.time()

    def press(key: str, code: str, modifiers: int, number: int = 0, typed: str = "") -> None:
        told = {
            "key": key,
            "code": code,
            "modifiers": modifiers,
            "windowsVirtualKeyCode": number,
            "timestamp": at,
        }
        wire.send("Input.dispatchKeyEvent", {"type": "keyDown", **told, **({"text": typed} if typed else {})})
        wire.send("Input.dispatchKeyEvent", {"type": "keyUp", **told})

    for sign in text:
        shift = SHIFT if sign.isupper() or sign in ":_" else 0
        if shift:
            press("Shift", "ShiftLeft", shift, 16)
        key = GERMAN.get(sign, sign) if german else sign
        press(key, code_of(sign), shift, ord(sign.upper()), key)
        at += gap
    name, code, modifiers, number = SUFFIXES[suffix]
    press(name, code, modifiers, number, "\r" if suffix == "CR" else "")
    wire.detach()


def code_of(sign: str) -> str:
    """The key of a US keyboard that makes this sign."""
    if sign.isdigit():
        return f"Digit{sign}"
    return SIGNS.get(sign) or f"Key{sign.upper()}"
