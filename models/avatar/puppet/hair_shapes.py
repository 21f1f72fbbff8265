"""The outlines of every hair style, as data. Painting them is `hair.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.avatar.puppet._skia import skia
from models.avatar.puppet.paths import Point, ellipse, flip, mirrored, smooth, union


@dataclass(frozen=True, slots=True)
class HairShape:
    """What lies behind the body, over the chest, and over the face; `flow` are lines along the hair."""

    front: skia.Path | None = None
    locks: tuple[skia.Path, ...] = ()
    back: tuple[skia.Path, ...] = ()
    flow: tuple[skia.Path, ...] = ()
    lock_flow: tuple[skia.Path, ...] = ()
    shine: skia.Path | None = None
    under: tuple[skia.Path, ...] = field(default=())
    """Clipped or shaved hair: drawn faded, below `front`."""


def _open(*points: Point) -> skia.Path:
    return smooth(points, closed=False)


def _both(points: Sequence[Point]) -> tuple[skia.Path, skia.Path]:
    return smooth(points), smooth(flip(points))


def _arcs(start: Sequence[Point], end: Sequence[Point], count: int) -> tuple[skia.Path, ...]:
    """`count` lines between two guide lines of as many points."""
    lines = []
    for i in range(count):
        t = (i + 0.5) / count
        points = [(a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t) for a, b in zip(start, end, strict=True)]
        lines.append(_open(*points))
    return tuple(lines)


def _both_arcs(start: Sequence[Point], end: Sequence[Point], count: int) -> tuple[skia.Path, ...]:
    """`_arcs` on both sides of the middle line."""
    return (*_arcs(start, end, count), *_arcs(flip(start), flip(end), count))


def _crown(y: float = -198, reach: float = 112) -> skia.Path:
    return _open((-reach, y + 52), (-reach * 0.5, y + 14), (0, y + 2), (reach * 0.5, y + 14), (reach, y + 52))


def _long() -> HairShape:
    side: list[Point] = [(4, -172, 0), (48, -142), (96, -88), (128, -20), (147, 60), (168, 168, 0), (188, 60),
        (183, -40), (172, -116), (138, -192), (78, -234), (-4, -246, 0)]  # fmt: skip
    front = union(*_both(side))
    lock: list[Point] = [(118, -60), (168, -60), (184, 60), (196, 190), (210, 320), (196, 430), (160, 468, 0),
        (132, 400), (130, 290), (116, 190), (128, 70)]  # fmt: skip
    back = smooth(
        mirrored(
            [(0, -240), (92, -228), (152, -168), (180, -70), (190, 60), (206, 210), (212, 330), (180, 400), (0, 400)]
        )
    )
    flow = _both_arcs(
        [(8, -232), (60, -190), (108, -100), (150, 60)], [(20, -240), (96, -220), (156, -120), (176, 60)], 5
    )
    lock_flow = _both_arcs(
        [(132, 60), (124, 190), (138, 300), (150, 440)], [(176, 40), (188, 190), (200, 320), (186, 430)], 4
    )
    return HairShape(front, _both(lock), (back,), flow, lock_flow, _crown())


def _waves() -> HairShape:
    right: list[Point] = [(-44, -170, 0), (20, -152), (84, -112), (124, -38), (142, 50), (160, 160, 0), (192, 60),
        (188, -40), (176, -124), (136, -200), (64, -240), (-36, -250, 0)]  # fmt: skip
    left: list[Point] = [(-30, -250, 0), (-100, -236), (-158, -176), (-182, -90), (-190, 10), (-186, 80),
        (-164, 168, 0), (-148, 50), (-128, -40), (-98, -110), (-64, -146), (-40, -170, 0)]  # fmt: skip
    lock: list[Point] = [(112, -50), (176, -50), (202, 40), (190, 120), (214, 200), (206, 270), (222, 340),
        (196, 410), (206, 452), (150, 448), (122, 390), (140, 310), (112, 250), (130, 180), (112, 110),
        (130, 40)]  # fmt: skip
    back = smooth(
        mirrored(
            [(0, -244), (96, -230), (160, -168), (190, -60), (198, 60), (212, 200), (216, 330), (170, 400), (0, 390)]
        )
    )
    flow = _arcs(
        [(-34, -226), (40, -194), (110, -110), (150, 60)], [(-30, -246), (76, -226), (158, -140), (184, 50)], 6
    )
    left_flow = _arcs(
        [(-44, -220), (-96, -160), (-140, -80), (-156, 50)], [(-38, -244), (-120, -214), (-166, -130), (-178, 20)], 4
    )
    wave = _both_arcs(
        [(134, 60), (118, 130), (132, 200), (118, 260), (142, 330), (136, 400)],
        [(190, 40), (182, 130), (200, 210), (192, 280), (208, 350), (186, 430)],
        4,
    )
    return HairShape(
        union(smooth(right), smooth(left)),
        _both(lock),
        (back,),
        (*flow, *left_flow),
        wave,
        _crown(-202, 118),
    )


def _bob() -> HairShape:
    fringe: list[Point] = [(-148, 44, 0), (-137, -20), (-122, -58, 0), (-80, -66), (-30, -70), (30, -69),
        (84, -64), (122, -56, 0), (137, -20), (148, 44, 0), (178, 20), (184, -70), (160, -160), (104, -226),
        (0, -248), (-104, -226), (-160, -160), (-184, -70), (-178, 20)]  # fmt: skip
    lock: list[Point] = [
        (116, -60),
        (174, -60),
        (194, 40),
        (198, 120),
        (184, 178),
        (148, 206),
        (112, 196, 0),
        (128, 150),
        (134, 90),
        (128, 20),
    ]
    back = smooth(
        mirrored([(0, -244), (98, -228), (162, -160), (188, -60), (194, 60), (190, 160), (140, 214), (0, 214)])
    )
    flow = _arcs(
        [(-120, -70), (-126, -130), (-84, -200), (0, -236)], [(120, -66), (126, -130), (84, -200), (0, -236)], 12
    )
    lock_flow = _both_arcs([(136, 40), (134, 100), (124, 190)], [(180, 20), (186, 110), (160, 196)], 4)
    return HairShape(smooth(fringe), _both(lock), (back,), flow, lock_flow, _crown(-176, 128))


def _pulled(part: float) -> tuple[skia.Path, tuple[skia.Path, ...]]:
    """Hair combed back from the face, with a soft hairline; `part` moves its highest point sideways."""
    outline: list[Point] = [(-146, 14, 0), (-134, -46), (-112, -102), (-66, -146), (part, -164), (66, -146),
        (112, -102), (134, -46), (146, 14, 0), (160, -40), (158, -116), (124, -190), (66, -228), (0, -238),
        (-66, -228), (-124, -190), (-158, -116), (-160, -40)]  # fmt: skip
    left = _arcs(
        [(-136, -50), (-146, -110), (-110, -190), (-30, -232)],
        [(part - 8, -164), (part - 14, -190), (-10, -214), (0, -236)],
        7,
    )
    right = _arcs(
        [(136, -50), (146, -110), (110, -190), (30, -232)],
        [(part + 8, -164), (part + 14, -190), (10, -214), (0, -236)],
        7,
    )
    return smooth(outline), (*left, *right)


def _bun() -> HairShape:
    front, flow = _pulled(-18)
    knot = union(
        ellipse(0, -262, 74, 60), smooth([(-60, -230), (0, -214), (60, -230), (70, -270), (0, -300), (-70, -270)])
    )
    turns = (_open((-60, -250), (-20, -290), (40, -292), (66, -262)), _open((-52, -236), (0, -268), (56, -246)),
        _open((-40, -292), (4, -308), (48, -296)))  # fmt: skip
    wisp: list[Point] = [(126, -60), (138, -20), (142, 40), (134, 96, 0), (133, 40), (130, -10)]
    return HairShape(union(front, *_both(wisp)), (), (knot,), flow, (), _crown(-196, 96), turns)


def _ponytail() -> HairShape:
    fringe: list[Point] = [(-146, 40, 0), (-136, -30), (-112, -84), (-70, -112), (-20, -122), (40, -150, 0),
        (84, -128), (120, -78), (138, -20), (146, 30, 0), (160, -40), (158, -116), (124, -192), (66, -230),
        (0, -240), (-66, -232), (-126, -194), (-160, -116), (-162, -30)]  # fmt: skip
    tail: list[Point] = [(60, -220), (130, -232), (196, -196), (232, -110), (244, 10), (238, 130), (210, 240),
        (176, 292, 0), (180, 220), (176, 100), (160, -20), (120, -120)]  # fmt: skip
    flow = _arcs(
        [(-140, -20), (-128, -90), (-80, -130), (30, -160)], [(-150, -90), (-120, -180), (-50, -226), (50, -226)], 8
    )
    right = _arcs(
        [(140, -20), (124, -90), (84, -140), (44, -160)], [(150, -90), (124, -170), (100, -210), (70, -226)], 5
    )
    tail_flow = _arcs(
        [(130, -140), (176, -20), (190, 100), (184, 250)], [(190, -190), (226, -60), (230, 80), (206, 230)], 5
    )
    return HairShape(smooth(fringe), (), (smooth(tail),), (*flow, *right), (), _crown(-190, 100), tail_flow)


def _braid() -> HairShape:
    front, flow = _pulled(26)
    plaits = [_plait(step, side) for step in range(9) for side in (-1, 1)]
    tip = smooth([(-160, 460), (-132, 462), (-130, 510), (-146, 540, 0), (-160, 512)])
    root: list[Point] = [
        (-110, -120),
        (-156, -120),
        (-172, 0),
        (-190, 90),
        (-196, 130),
        (-150, 140),
        (-138, 70),
        (-130, -20),
    ]
    back = smooth(mirrored([(0, -236), (90, -222), (146, -150), (160, -40), (150, 90), (90, 150), (0, 150)]))
    return HairShape(front, (smooth(root), tip, *plaits), (back,), flow, (), _crown(-196, 98))


def _plait(step: int, side: int) -> skia.Path:
    """One strand of the braid as it crosses over; `step` counts from the top."""
    y = 118 + step * 40
    size = 36 - 1.6 * step + 5 * math.sin(step * 0.6)
    x = -168 - 14 * math.sin(step / 9 * math.pi) + 3 * step
    outer: list[Point] = [(x + side * 2, y - 26), (x + side * size, y - 18), (x + side * (size + 2), y + 8)]
    return smooth([*outer, (x + side * 8, y + 34), (x - side * 8, y + 12)])


def _pixie() -> HairShape:
    fringe: list[Point] = [(-142, 70, 0), (-140, 0), (-128, -48), (-124, -30, 0), (-92, -70), (-70, -46, 0),
        (-34, -88), (-8, -62, 0), (36, -112), (80, -132, 0), (116, -90), (130, -40), (136, 10), (140, 60, 0),
        (164, 10), (170, -80), (150, -166), (100, -228), (20, -252), (-70, -240), (-140, -186), (-172, -100),
        (-168, 10)]  # fmt: skip
    back = smooth(mirrored([(0, -240), (92, -226), (150, -160), (168, -60), (160, 50), (130, 120), (0, 130)]))
    flow = _arcs(
        [(-150, 20), (-150, -80), (-100, -170), (40, -226)], [(60, -128), (66, -150), (72, -180), (84, -214)], 9
    )
    right = _arcs(
        [(146, 20), (136, -60), (116, -120), (86, -150)], [(160, -20), (156, -100), (130, -170), (96, -214)], 3
    )
    return HairShape(smooth(fringe), (), (back,), (*flow, *right), (), _crown(-196, 112))


def _cloud(points: Sequence[tuple[float, float, float]]) -> skia.Path:
    return union(*(ellipse(x, y, r, r * 0.96) for x, y, r in points))


def _curly() -> HairShape:
    ring = []
    for i in range(23):
        angle = math.radians(-206 + i * 10.55)
        wobble = 1 + 0.03 * math.sin(i * 2.4)
        ring.append((196 * wobble * math.cos(angle), -62 + 186 * wobble * math.sin(angle), 44 + 7 * math.sin(i * 1.7)))
    sides = [
        (s * x, y, r) for s in (-1, 1) for x, y, r in ((190, 40, 46), (194, 104, 46), (178, 164, 44), (150, 204, 36))
    ]
    back = union(
        _cloud(ring), _cloud(sides), smooth(mirrored([(0, -240), (150, -190), (190, -40), (180, 150), (0, 200)]))
    )
    fringe = [(-138, -66, 30), (-112, -108, 36), (-72, -136, 36), (-24, -150, 38), (28, -150, 38), (76, -136, 36),
        (114, -106, 36), (138, -64, 30), (-150, -26, 28), (150, -26, 28)]  # fmt: skip
    crown = [(x, y, r) for x, y, r in ((-120, -160, 46), (-66, -196, 48), (0, -208, 50), (66, -196, 48),
        (120, -160, 46), (-158, -104, 38), (158, -104, 38), (-40, -172, 44), (40, -172, 44))]  # fmt: skip
    curls = tuple(_curl(x, y, r) for x, y, r in (*fringe, *crown))
    inner = tuple(_curl(x, y, r) for x, y, r in (*ring, *sides))
    return HairShape(_cloud([*fringe, *crown]), (), (back,), curls, (), _crown(-200, 110), inner)


def _curl(x: float, y: float, r: float) -> skia.Path:
    """One loop of a curl, opening at a place that differs from curl to curl."""
    turn = (x * 0.031 + y * 0.017) % math.tau
    points = [
        (x + r * k * math.cos(turn + a), y + r * k * math.sin(turn + a))
        for a, k in ((0.0, 0.80), (1.1, 0.74), (2.2, 0.66), (3.3, 0.54), (4.4, 0.40), (5.4, 0.24))
    ]
    return smooth(points, closed=False)


def _sides(low: float) -> tuple[skia.Path, ...]:
    side: list[Point] = [
        (146, low, 0),
        (138, low - 4, 0),
        (134, -50),
        (112, -112),
        (60, -140),
        (0, -146),
        (0, -214),
        (90, -206),
        (144, -140),
        (157, -50),
    ]
    return _both(side)


def _short() -> HairShape:
    top: list[Point] = [(-139, 2, 0), (-134, -54), (-118, -104, 0), (-84, -124), (-30, -132), (40, -140),
        (92, -128), (118, -104, 0), (134, -54), (139, 2, 0), (158, -46), (163, -120), (144, -190), (92, -240),
        (10, -256), (-70, -246), (-136, -204), (-164, -130), (-160, -50)]  # fmt: skip
    flow = _arcs(
        [(-124, -104), (-60, -150), (20, -176), (110, -176)], [(-140, -170), (-80, -226), (0, -246), (90, -232)], 7
    )
    sides = _arcs([(-138, -10), (-140, -70), (-132, -120)], [(-156, -50), (-160, -110), (-150, -160)], 3)
    more = _arcs([(138, -10), (140, -70), (128, -116)], [(156, -50), (160, -110), (148, -160)], 3)
    return HairShape(smooth(top), (), (), (*flow, *sides, *more), (), _crown(-206, 104))


def _fade() -> HairShape:
    top: list[Point] = [(-122, -92, 0), (-112, -116), (-60, -132), (0, -136), (60, -132), (112, -116),
        (122, -92, 0), (150, -132), (146, -190), (104, -236), (40, -252), (-40, -252), (-104, -236), (-146, -190),
        (-150, -132)]  # fmt: skip
    flow = _arcs([(-118, -110), (-120, -160), (-96, -220)], [(118, -110), (120, -160), (96, -220)], 15)
    return HairShape(smooth(top), (), (), flow, (), _crown(-208, 96), _sides(8))


def _quiff() -> HairShape:
    top: list[Point] = [(-128, -84, 0), (-112, -112), (-70, -128), (-10, -128), (50, -138), (100, -132),
        (128, -92, 0), (152, -140), (154, -206), (126, -262), (66, -292), (-10, -284), (-80, -262), (-132, -216),
        (-152, -150)]  # fmt: skip
    flow = _arcs(
        [(-108, -120), (-70, -170), (0, -200), (110, -190)], [(-140, -170), (-90, -240), (0, -274), (116, -256)], 8
    )
    return HairShape(smooth(top), (), (), flow, (), _crown(-226, 100), _sides(20))


def _swept() -> HairShape:
    top: list[Point] = [(-144, 26, 0), (-138, -30), (-124, -74), (-116, -50, 0), (-84, -84), (-60, -58, 0),
        (-30, -98), (8, -148, 0), (26, -108), (62, -66), (78, -60, 0), (96, -92), (118, -52, 0), (126, -76),
        (138, -30), (144, 26, 0), (170, -30), (176, -110), (150, -196), (96, -246), (10, -264), (-80, -250),
        (-148, -200), (-178, -110), (-170, -30)]  # fmt: skip
    flow = _arcs(
        [(-150, -10), (-140, -90), (-80, -160), (6, -180)], [(-160, -100), (-120, -196), (-60, -236), (4, -252)], 6
    )
    right = _arcs(
        [(150, -10), (140, -90), (84, -150), (16, -180)], [(160, -100), (124, -196), (70, -234), (14, -252)], 6
    )
    return HairShape(smooth(top), (), (), (*flow, *right), (), _crown(-208, 118))


def _hijab() -> HairShape:
    hole = smooth(mirrored([(0, -152), (70, -138), (112, -92), (130, -10), (124, 74), (98, 140), (50, 184), (0, 196)]))
    outer = smooth(
        mirrored([(0, -236), (92, -220), (152, -158), (180, -60), (182, 60), (162, 160), (110, 226), (0, 240)])
    )
    front = skia.Op(outer, hole, skia.PathOp.kDifference_PathOp)
    drape = smooth([(-166, 110), (-120, 200), (0, 226), (120, 200), (166, 110), (196, 200), (214, 290), (190, 350),
        (110, 398), (0, 430), (-110, 410), (-196, 350), (-214, 290), (-190, 200)])  # fmt: skip
    flow = (_open((-120, -60), (-150, 60), (-110, 180)), _open((-60, -200), (-150, -120), (-168, 20)),
        _open((60, -200), (150, -120), (168, 20)), _open((122, 60), (150, 120), (100, 206)), _open((-20, -216),
        (70, -196), (140, -110)))  # fmt: skip
    folds = (_open((-170, 170), (-60, 280), (130, 300)), _open((-190, 220), (-80, 340), (110, 360)),
        _open((160, 150), (60, 250), (-110, 290)), _open((180, 220), (120, 330), (-40, 400)))  # fmt: skip
    return HairShape(front, (drape,), (), flow, folds, _crown(-206, 110))


STYLES: dict[str, Callable[[], HairShape]] = {
    "long": _long,
    "waves": _waves,
    "bob": _bob,
    "bun": _bun,
    "ponytail": _ponytail,
    "braid": _braid,
    "pixie": _pixie,
    "curly": _curly,
    "short": _short,
    "fade": _fade,
    "quiff": _quiff,
    "swept": _swept,
    "hijab": _hijab,
}
