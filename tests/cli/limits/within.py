#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: within.py MEGABYTES SECONDS COMMAND...

Ends with the command's exit code, or 99 when it takes more.
"""
import resource
import subprocess
import sys

megabytes, seconds = (int(arg) for arg in sys.argv[1:3])
code = subprocess.run(sys.argv[3:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
if used.ru_maxrss > megabytes * 1000 or used.ru_utime + used.ru_stime > seconds:
    print("%d kB, %.1f s: %s" % (used.ru_maxrss, used.ru_utime + used.ru_stime,
                                 " ".join(sys.argv[3:])), file=sys.stderr)
    code = 99
sys.exit(code if code >= 0 else 128 - code)
