"""A camera's film of our own printed labels: the sheet as printed, seen by a pinhole camera that moves."""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import cos, pi, radians, sin, tan
from pathlib import Path

from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from kanban import config, labels

WIDTH, HEIGHT, RATE = 1280, 720, 30
DOTS = 300 / 25.4  # per millimetre of paper
FOCUS = WIDTH / 2 / tan(radians(63 / 2))  # pixels: a phone's usual field of view across
DESK = (84, 88, 86)
ASSETS = config.assets("labels")
FACE, STOCK = "small", "avery-l7160"


@dataclass(frozen=True)
class Pose:
    """Where the camera looks: at a point of the sheet (mm), across so many millimetres, tilted and rolled
    (degrees); and how badly: blur (pixels, one sigma), share of the contrast that is left, and noise."""

    x: float
    y: float
    across: float = 140
    tilt: float = 0
    roll: float = 0
    blur: float = 0
    contrast: float = 1
    noise: float = 4


def printed(codes: list[str], base_url: str) -> Image.Image:
    """A sheet of labels with these codes, as it lies on the desk."""
    made = [
        labels.Label(code, f"PART-{number:02}", "Hexagon screw M8 × 40", "25 pcs", location="Rack A › 3")
        for number, code in enumerate(codes)
    ]
    return sheet(labels.pdf(made, plan(base_url)))


def plan(base_url: str = "http://127.0.0.1:8000") -> labels.Plan:
    """How the sheet is printed."""
    stock = labels.stocks.known(labels.stocks.every(ASSETS), STOCK)
    return labels.plan(ASSETS, base_url, FACE, stock)


def over(position: int, **how: float) -> Pose:
    """The pose that looks at the symbol of the label at this position of the sheet."""
    laid = plan()
    left, top = laid.stock.corner(position)
    place = laid.place()
    return Pose(left + place.left + place.side / 2, top + place.top + place.side / 2, **how)


def sheet(pdf: bytes) -> Image.Image:
    """The first page of a PDF as it comes out of the printer, lying on a desk."""
    command = ["pdftoppm", "-r", "300", "-png", "-singlefile", "-"]
    paper = Image.open(io.BytesIO(subprocess.run(command, input=pdf, capture_output=True, check=True).stdout))
    desk = Image.new("RGB", (paper.width + 2000, paper.height + 2000), DESK)
    desk.paste(paper.convert("RGB"), (1000, 1000))
    return desk


def frame(paper: Image.Image, pose: Pose) -> Image.Image:
    """What the camera sees from a pose."""
    seen = paper.transform(
        (WIDTH, HEIGHT), Image.Transform.PERSPECTIVE, _ray(pose), Image.Resampling.BICUBIC, fillcolor=DESK
    )
    if pose.blur:
        seen = seen.filter(ImageFilter.GaussianBlur(pose.blur))
    if pose.contrast < 1:
        seen = ImageEnhance.Contrast(seen).enhance(pose.contrast)
    grain = Image.effect_noise((WIDTH, HEIGHT), pose.noise * 2).convert("RGB")
    return ImageChops.add(seen, grain, scale=1, offset=-128)


def _ray(pose: Pose) -> tuple[float, ...]:
    """From a pixel of the frame to the dot of the sheet that it shows, as Pillow wants it."""
    ct, st = cos(radians(pose.tilt)), sin(radians(pose.tilt))
    cr, sr = cos(radians(pose.roll)), sin(radians(pose.roll))
    distance = pose.across * DOTS * FOCUS / WIDTH
    x0, y0 = 1000 + pose.x * DOTS, 1000 + pose.y * DOTS
    rows = [(cr, -sr, 0.0), (ct * sr, ct * cr, -st), (st * sr, st * cr, ct)]
    across, down, ahead = ((a, b, -a * WIDTH / 2 - b * HEIGHT / 2 + c * FOCUS) for a, b, c in rows)
    middle = distance / ct if pose.tilt else distance  # the point looked at stays in the middle
    y0 += middle * st
    right = [x0 * h + distance * a for a, h in zip(across, ahead, strict=True)]
    below = [y0 * h + distance * a for a, h in zip(down, ahead, strict=True)]
    scale = ahead[2]
    return tuple(value / scale for value in (*right, *below, *ahead[:2]))


def jpeg(picture: Image.Image) -> bytes:
    """One frame of a film."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()


def pan(paper: Image.Image, start: Pose, end: Pose, seconds: float, rate: int = RATE) -> list[bytes]:
    """A move from one pose to another, slow at both ends; each of few pictures a second stands longer."""
    count = max(2, round(seconds * rate))
    eased = [(1 - cos(pi * step / (count - 1))) / 2 for step in range(count)]
    stills = [jpeg(frame(paper, _between(start, end, at))) for at in eased]
    return [still for still in stills for _ in range(RATE // rate)]


def hold(paper: Image.Image, pose: Pose, seconds: float) -> list[bytes]:
    """A stand that holds still: one picture, which is read or never is. For what is easily read."""
    return [jpeg(frame(paper, pose))] * round(seconds * RATE)


def tremble(paper: Image.Image, pose: Pose, seconds: float, rate: int = 10) -> list[bytes]:
    """A hand that holds as still as hands do: each picture from elsewhere by a little, with its own grain."""
    chance = random.Random(7)
    poses = [
        replace(
            pose,
            x=pose.x + chance.uniform(-0.7, 0.7),
            y=pose.y + chance.uniform(-0.7, 0.7),
            across=pose.across * chance.uniform(0.98, 1.02),
            tilt=pose.tilt + chance.uniform(-1.5, 1.5),
            roll=pose.roll + chance.uniform(-1.5, 1.5),
        )
        for _ in range(round(seconds * rate))
    ]
    return [still for each in poses for still in [jpeg(frame(paper, each))] * (RATE // rate)]


def nothing(seconds: float) -> list[bytes]:
    """The bare desk."""
    return [jpeg(Image.new("RGB", (WIDTH, HEIGHT), DESK))] * round(seconds * RATE)


def write(path: Path, *scenes: Iterable[bytes]) -> Path:
    """A film that Chromium plays as its camera, over and over."""
    path.write_bytes(b"".join(still for scene in scenes for still in scene))
    return path


def _between(start: Pose, end: Pose, at: float) -> Pose:
    mixed = {name: value + (getattr(end, name) - value) * at for name, value in vars(start).items()}
    return Pose(**mixed)
