#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes fixtures/: small pictures of many kinds, and what Pillow makes of each.

usage: make_fixtures.py FOLDER

Needs Pillow (Debian: python3-pil). The pictures are smooth and seeded; the files are what the
Pillow and libjpeg-turbo at hand write, so a new run may change bytes, and then all of them.
"""
import math
import os
import random
import sys

from PIL import Image

WARP = (40, 33, 29)   # resized to 40 x 40, then the middle 29 x 33 (width x height)
SHORT = (36, 30, 33)  # the short side to 36, then the middle 33 x 30


def picture(width, height, seed):
    """Waves and a few hard edges, in colour."""
    draw = random.Random(seed)
    waves = [[(draw.uniform(-9, 9) / width, draw.uniform(-9, 9) / height, draw.uniform(0, 6))
              for _ in range(3)] for _ in range(3)]
    pixels = []
    for y in range(height):
        for x in range(width):
            edge = 60 if (x // 11 + y // 13) % 2 else -60
            pixels.append(tuple(
                max(0, min(255, round(128 + edge + 40 * sum(math.sin(a * x + b * y + c)
                                                            for a, b, c in channel))))
                for channel in waves))
    image = Image.new("RGB", (width, height))
    image.putdata(pixels)
    return image


def jpeg(path, image, **options):
    image.save(path, "JPEG", **options)


def marker_segment(data, code):
    """Where the first segment with this marker starts and ends."""
    at = 2
    while data[at + 1] != code:
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return at, at + 2 + int.from_bytes(data[at + 2:at + 4], "big")


def adobe(transform):
    return bytes.fromhex("ffee000e") + b"Adobe" + bytes([0, 100, 0, 0, 0, 0, transform])


def with_adobe(path, old_marker, transform):
    """The file with an Adobe segment in place of another: how channels are meant changes."""
    with open(path, "rb") as file:
        data = file.read()
    start, end = marker_segment(data, old_marker)
    with open(path, "wb") as file:
        file.write(data[:start] + adobe(transform) + data[end:])


def make_pictures(folder):
    def name(text):
        return os.path.join(folder, text)

    for sampling, options in (("444", 0), ("422", 1), ("420", 2)):
        jpeg(name(f"rgb_{sampling}.jpg"), picture(61, 47, 1), quality=85, subsampling=options)
    jpeg(name("progressive.jpg"), picture(53, 70, 2), quality=80, progressive=True)
    jpeg(name("optimized.jpg"), picture(64, 48, 3), quality=60, optimize=True)
    jpeg(name("grey.jpg"), picture(41, 59, 4).convert("L"), quality=90)
    jpeg(name("grey_progressive.jpg"), picture(40, 16, 5).convert("L"), progressive=True)
    jpeg(name("cmyk.jpg"), picture(45, 50, 6).convert("CMYK"), quality=90)
    ink = Image.merge("CMYK", [picture(50, 33, 7 + i).convert("L") for i in range(4)])
    jpeg(name("cmyk_ink.jpg"), ink, quality=90)
    jpeg(name("ycck.jpg"), ink, quality=90)
    with_adobe(name("ycck.jpg"), 0xee, 2)
    jpeg(name("stored_rgb.jpg"), picture(48, 48, 11), quality=90, subsampling=0)
    with_adobe(name("stored_rgb.jpg"), 0xe0, 0)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter, which nobody here undoes
    jpeg(name("turned.jpg"), picture(60, 41, 12), quality=85, exif=exif)
    jpeg(name("tiny.jpg"), picture(3, 2, 13), quality=95)
    jpeg(name("one_pixel.jpg"), picture(1, 1, 14), quality=95)
    jpeg(name("tall.jpg"), picture(17, 150, 15), quality=80)
    jpeg(name("wide.jpg"), picture(190, 36, 16), quality=80)
    jpeg(name("large.jpg"), picture(333, 251, 17), quality=60)
    picture(37, 59, 18).save(name("rgb.png"))
    picture(83, 44, 19).convert("L").save(name("grey.png"))
    picture(50, 61, 20).quantize(16).save(name("palette.png"))
    picture(40, 36, 21).save(name("same_size.png"))


def fit(image, width, height, crop_height, crop_width):
    """Resized, then cropped as torchvision's CenterCrop does: a half goes to the even side."""
    if (width, height) != image.size:
        image = image.resize((width, height), Image.BILINEAR)
    top, left = round((height - crop_height) / 2), round((width - crop_width) / 2)
    return image.crop((left, top, left + crop_width, top + crop_height))


def warp(image, size, crop_height, crop_width):
    return fit(image, size, size, crop_height, crop_width)


def short(image, size, crop_height, crop_width):
    width, height = image.size
    if width <= height:
        return fit(image, size, int(size * height / width), crop_height, crop_width)
    return fit(image, int(size * width / height), size, crop_height, crop_width)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    make_pictures(folder)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.count(".") != 1 or name.endswith(".md"):
            continue
        with Image.open(path) as image:
            rgb = image.convert("RGB")
        if rgb.width * rgb.height < 10000:
            rgb.save(path + ".whole.png", optimize=True)
        warp(rgb, *WARP).save(path + ".warp.png", optimize=True)
        short(rgb, *SHORT).save(path + ".short.png", optimize=True)


if __name__ == "__main__":
    main()
