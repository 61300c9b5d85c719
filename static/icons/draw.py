"""Draws the PNG icons beside it from icon.svg: python static/icons/draw.py

*icon* as it is; *maskable* to the very edge, with the drawing inside the circle that every launcher leaves;
*apple-touch-icon* likewise to the edge, since iOS rounds the corners itself.
"""

from __future__ import annotations

from pathlib import Path

import typst

HERE = Path(__file__).parent
UNITS = 64
GROUND = "#1b2124"
SIZES = {"icon-192": 192, "icon-512": 512, "maskable-192": 192, "maskable-512": 512, "apple-touch-icon": 180}
SCALES = {"icon": 1.0, "maskable": 0.82, "apple": 0.92}


def main() -> None:
    for name, pixels in SIZES.items():
        kind = name.partition("-")[0]
        side = UNITS * SCALES[kind]
        fill = "none" if kind == "icon" else f'rgb("{GROUND}")'
        page = (
            f"#set page(width: {UNITS}pt, height: {UNITS}pt, margin: 0pt, fill: {fill})\n"
            f'#place(center + horizon, image("icon.svg", width: {side}pt))'
        )
        picture = typst.compile(page.encode(), root=str(HERE), format="png", ppi=72 * pixels / UNITS)
        (HERE / f"{name}.png").write_bytes(picture)


if __name__ == "__main__":
    main()
