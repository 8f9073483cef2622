# SPDX-License-Identifier: MIT
# What is read takes time in proportion to its length: lists of 60,000 layers and 100,000 rules are
# no reason to wait. (Quadratic reading took minutes; the limit is far above any busy machine.)
. "$CLI/lib.sh"
python3 - <<'END'
import json

layers = [{"name": f"r{i}", "op": "relu"} for i in range(60000)]
with open("arch.json", "w", encoding="ascii") as file:
    json.dump({"input": {"shape": [4]}, "layers": layers}, file)
rules = {f"x{i}*": 0.5 for i in range(100000)}
with open("recipe.json", "w", encoding="ascii") as file:
    json.dump({"stages": [{"stage": "prune", "density": rules}]}, file)
END
got=0
timeout 30 dcomp train arch.json --data digits:60 -o o.dcm > out 2> err || got=$?
[ $got = 2 ] || { echo "exit $got"; cat err; }
got=0
timeout 30 dcomp compress "$FIX/dense.dcm" --recipe recipe.json -o o.dcm > out 2> err || got=$?
[ $got = 2 ] || { echo "exit $got"; cat err; }
