#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares fit_pictures with Pillow on every photograph of $DCOMP_DATA/imagenet-sample.

usage: compare_pillow.py FIT_PICTURES

Leaves with 77 (skipped) without the photographs or without Pillow; with 1 when a picture differs
by more than 2 grey levels anywhere, or all of them by more than 0.2 on average.
"""
import os
import subprocess
import sys

CASES = (("warp", 256, 227), ("short", 256, 224))
GROUP = 50
MAX_DIFFERENCE, MAX_MEAN = 2, 0.2


def skip(why):
    print("skipped:", why)
    sys.exit(77)


try:
    from PIL import Image, ImageChops, ImageStat
except ImportError:
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)  # where Debian has it
    skip("Pillow is not installed (Debian: python3-pil)")


def fit(image, how, size, crop):
    width, height = image.size
    if how == "warp":
        width, height = size, size
    elif width <= height:
        width, height = size, int(size * height / width)
    else:
        width, height = int(size * width / height), size
    image = image.resize((width, height), Image.BILINEAR)
    top, left = round((height - crop) / 2), round((width - crop) / 2)
    return image.crop((left, top, left + crop, top + crop))


def compare(program, paths, how, size, crop):
    """Largest difference, sum of the pictures' mean differences."""
    command = [program, how, str(size), str(crop)] + paths
    ours = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    n_bytes, largest, total = 3 * crop * crop, 0, 0.0
    assert len(ours) == n_bytes * len(paths)
    for i, path in enumerate(paths):
        mine = Image.frombytes("RGB", (crop, crop), ours[i * n_bytes:(i + 1) * n_bytes])
        with Image.open(path) as image:
            theirs = fit(image.convert("RGB"), how, size, crop)
        difference = ImageStat.Stat(ImageChops.difference(mine, theirs))
        largest_here = max(high for _, high in difference.extrema)
        if largest_here > MAX_DIFFERENCE:
            print(f"{path}: differs by up to {largest_here}")
        largest = max(largest, largest_here)
        total += sum(difference.mean) / 3
    return largest, total


def main():
    folder = os.path.join(os.environ.get("DCOMP_DATA", ""), "imagenet-sample", "images")
    if "DCOMP_DATA" not in os.environ or not os.path.isdir(folder):
        skip("DCOMP_DATA with imagenet-sample/ is not set")
    paths = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    is_good = True
    for how, size, crop in CASES:
        largest, total = 0, 0.0
        for at in range(0, len(paths), GROUP):
            high, part = compare(sys.argv[1], paths[at:at + GROUP], how, size, crop)
            largest, total = max(largest, high), total + part
        print(f"{how} {size}, crop {crop}: {len(paths)} photographs, largest difference "
              f"{largest}, mean {total / len(paths):.6f}")
        is_good &= largest <= MAX_DIFFERENCE and total / len(paths) <= MAX_MEAN
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
