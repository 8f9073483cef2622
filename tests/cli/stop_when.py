#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""stop_when.py SIGNAL WHEN COMMAND...: run, wait, send the signal, leave as a shell would tell it.

WHEN is file:PATH (it is there) or err:TEXT (standard error has said it). A command that ends before
is a failure of the test (99). Signals are not ignored, as they would be behind `&` in sh.
"""
import os
import signal
import subprocess
import sys
import time


def is_time(kind, what, log):
    if kind == "file":
        return os.path.exists(what)
    with open(log, "rb") as file:
        return what.encode() in file.read()


def main():
    number = getattr(signal, "SIG" + sys.argv[1])
    kind, _, what = sys.argv[2].partition(":")
    log = f"/tmp/stop_when.{os.getpid()}"
    with open(log, "wb") as err:
        process = subprocess.Popen(sys.argv[3:], stdout=subprocess.DEVNULL, stderr=err,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    while process.poll() is None and not is_time(kind, what, log):
        time.sleep(0.002)
    if process.poll() is None:
        process.send_signal(number)
    code = process.wait()
    with open(log, encoding="utf-8", errors="replace") as file:
        talk = [line for line in file.read().splitlines() if line.startswith("dcomp: ")]
    os.remove(log)
    print("\n".join(talk), file=sys.stderr)
    if code >= 0:
        sys.exit(f"ended with {code} before '{sys.argv[2]}'")
    sys.exit(128 - code)


if __name__ == "__main__":
    main()
