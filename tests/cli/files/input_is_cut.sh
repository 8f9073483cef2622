# SPDX-License-Identifier: MIT
# An input that somebody cuts while it is read ends the command with 4 (or with what it holds then),
# never with a signal, in whatever thread it is noticed.
. "$CLI/lib.sh"
python3 - "$FIX/dense.dcm" <<'END'
import os
import random
import shutil
import subprocess
import sys
import time

random.seed(1)
for i in range(60):
    shutil.copy(sys.argv[1], "cut.dcm")
    words = ["verify"] if i % 2 else ["quantize", "--bits", "4", "-o", "q.dcm", "-f"]
    run = subprocess.Popen(["dcomp", *words, "cut.dcm", "-j2"], stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE)
    time.sleep(random.random() * 0.02)
    os.truncate("cut.dcm", random.randrange(os.path.getsize("cut.dcm")) // 2)
    text = run.communicate()[1].decode()
    if run.returncode not in (0, 1, 3, 4) or (run.returncode == 4 and "shorter" not in text):
        print(words[0], run.returncode, text)
END
only cut.dcm $([ -e q.dcm ] && echo q.dcm)
