#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every page in docs/ is linked from README.md, or from a page that is; no link leads nowhere.

usage: links.py ROOT
"""
import os
import re
import sys


def anchors_of(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)
    titles = re.findall(r"^#+ +(.*)$", text, re.M)
    return {re.sub(r"[^\w -]", "", t.lower()).strip().replace(" ", "-") for t in titles}


def links_of(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"^```.*?^```", "", file.read(), flags=re.M | re.S)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = sys.argv[1]
    findings, reached, todo = [], set(), [os.path.join(root, "README.md")]
    while todo:
        page = todo.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in links_of(page):
            path, _, anchor = link.partition("#")
            goal = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if os.path.isdir(goal):  # shows its README.md
                goal = os.path.join(goal, "README.md")
            if not os.path.exists(goal):
                findings.append(f"{page}: '{link}' leads nowhere")
            elif goal.endswith(".md"):
                todo.append(goal)
                if anchor and anchor not in anchors_of(goal):
                    findings.append(f"{page}: '{link}' has no such heading")
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        for name in names:
            path = os.path.normpath(os.path.join(folder, name))
            if name.endswith(".md") and path not in reached:
                findings.append(f"{path}: no way leads here from README.md")
    print("\n".join(findings) or f"{len(reached)} pages are linked")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
