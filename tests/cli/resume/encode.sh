# SPDX-License-Identifier: MIT
# An encode step that was done before the kill still says how the file is written.
. "$CLI/lib.sh"
cat > r.json <<'END'
{"stages": [{"stage": "quantize"}, {"stage": "encode", "coder": "raw", "strip": true}]}
END
run="dcomp compress $FIX/pruned.dcm --data digits:600 --recipe r.json -j1 --keep-checkpoints -q"
$run -o o.dcm > /dev/null
cp o.dcm first.dcm
$run -o o.dcm -f --resume > /dev/null
same o.dcm first.dcm
