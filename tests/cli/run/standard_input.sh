# SPDX-License-Identifier: MIT
# "-" is standard input, a pipe or a file, told by its first bytes; a terminal is none. Pipes that
# are named are read once.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
dcomp run "$M" "$P/rgb.png" --top 2 | tail -n +2 > want
cat "$P/rgb.png" | dcomp run "$M" - --top 2 | tail -n +2 > have
same want have
dcomp run "$M" - --top 2 < "$P/rgb.png" | tail -n +2 > have
same want have
dcomp run - "$P/rgb.png" --top 2 < "$M" | tail -n +2 > have
same want have
cat "$P/rgb.png" | dcomp run "$M" "$P/grey.png" - --format csv --top 1 | cut -d, -f1 | tail -1
mkfifo pipe
cat "$P/rgb.png" > pipe &
dcomp run "$M" pipe --top 2 | tail -n +2 > have
same want have
says 2 'is given twice' dcomp run "$M" - -
says 2 'is given twice' dcomp run - -
says 3 "'standard input' is empty" dcomp run "$M" - < /dev/null
echo text | says 3 "'standard input' is nothing that the model takes" dcomp run "$M" -
says 4 "'standard input' is a folder" dcomp run "$M" - < .
# Behind a terminal nobody waits.
python3 - "$M" <<'END'
import os, pty, subprocess, sys
main, other = pty.openpty()
done = subprocess.run(["dcomp", "run", sys.argv[1], "-"], stdin=other, capture_output=True,
                      timeout=60)
assert done.returncode == 2 and b"terminal" in done.stderr and done.stderr.count(b"\n") == 1, done
END
# A reader that has enough ends it, without a word.
python3 - "$M" "$P/rgb.png" <<'END'
import subprocess, sys
run = subprocess.Popen(["dcomp", "run", sys.argv[1]] + [sys.argv[2]] * 1500 + ["--top", "5"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
run.stdout.close()
assert run.wait(60) in (4, -13), run.returncode
said = run.stderr.read()
assert said.count(b"\n") <= 1, said
END
