# SPDX-License-Identifier: MIT
# The small models that cases start from: dense, pruned, shared and encoded; and one, untrained,
# that takes colour pictures of any size.
cat > tiny.json <<'END'
{"name": "tiny", "input": {"shape": [1, 28, 28], "mean": 0, "scale": 0.00390625},
 "layers": [
  {"name": "conv1", "op": "conv", "n_outputs": 4, "kernel": 5},
  {"name": "pool1", "op": "max_pool", "kernel": 4, "stride": 4},
  {"name": "fc1", "op": "linear", "n_outputs": 24},
  {"name": "relu1", "op": "relu"},
  {"name": "fc2", "op": "linear", "n_outputs": 10}]}
END
dcomp train tiny.json --data digits:600 -o dense.dcm --epochs 8 --lr 0.02 --batch 16 -q -j1 \
    > /dev/null
dcomp prune dense.dcm -o pruned.dcm --density 'conv1=0.6,*=0.2' -q -j1 > /dev/null
dcomp quantize pruned.dcm -o shared.dcm --bits 'conv*=5,*=4' -q -j1 > /dev/null
dcomp encode shared.dcm -o small.dcm -q -j1 > /dev/null
head -c 300 dense.dcm > cut.dcm
cat > colour.json <<'END'
{"name": "colour",
 "input": {"shape": [3, 24, 24], "channels": "bgr", "resize": "warp", "resize_size": 28,
           "mean": [104, 117, 123], "scale": 0.015625},
 "class_names": ["n01 tench", "n02 great white shark", "n03 hen", "n04 owl", "n05 newt",
                 "n06 frog", "n07 crane", "n08 crane", "n09 dog", "n10 cat"],
 "layers": [
  {"name": "pool1", "op": "average_pool", "kernel": 4, "stride": 4},
  {"name": "fc1", "op": "linear", "n_outputs": 10}]}
END
dcomp train colour.json --data digits:60 -o colour.dcm --epochs 0 -q -j1 > /dev/null
