# SPDX-License-Identifier: MIT
"""small_networks.py: writes architectures of small networks for MNIST, one of each kind."""
import json

SCALE = {"mean": 0, "scale": 1 / 256}


def write(name, layers, inputs=None):
    numbered = [{"name": "%s%d" % (op, i), "op": op, **more} for i, (op, more) in enumerate(layers)]
    with open(name + ".json", "w", encoding="utf-8") as f:
        json.dump({"name": name, "input": {"shape": [1, 28, 28], **(inputs or SCALE)},
                   "layers": numbered}, f)


def conv(n_outputs, kernel, **more):
    return ("conv", {"n_outputs": n_outputs, "kernel": kernel, **more})


def linear(n_outputs):
    return ("linear", {"n_outputs": n_outputs})


def plain(op, **more):
    return (op, more)


NORM = [plain("batch_norm"), plain("relu")]
POOL = [plain("max_pool", kernel=2)]


def separable(n_inputs, n_outputs, stride=1):
    depthwise = conv(n_inputs, 3, pad=1, groups=n_inputs, stride=stride, bias=False)
    return [depthwise, *NORM, conv(n_outputs, 1, bias=False), *NORM]


write("norms", [conv(12, 3, bias=False), *NORM, *POOL, conv(24, 3, bias=False), *NORM, *POOL,
                linear(48), *NORM, linear(10), plain("softmax")], {"mean": 0, "scale": 1})
write("separable", [conv(12, 3, pad=1, stride=2, bias=False), *NORM, *separable(12, 24),
                    *separable(24, 48, 2), *separable(48, 64), plain("global_average_pool"),
                    linear(10), plain("softmax")], {"mean": 127.5, "scale": 1 / 127.5})
write("depthwise", [conv(16, 3, stride=2), plain("relu"), conv(16, 3, groups=16), plain("relu"),
                    conv(32, 1), plain("relu"), *POOL, linear(10)])
write("wide", [linear(512), plain("relu"), linear(512), plain("relu"), linear(10)])
write("deep", [*(6 * [linear(40), plain("relu")]), linear(10), plain("softmax")])
write("sigmoids", [linear(96), plain("tanh"), linear(48), plain("tanh"), linear(10),
                   plain("sigmoid")])
write("tanh", [conv(6, 5, pad=2), plain("tanh"), plain("average_pool", kernel=2), conv(16, 5),
               plain("tanh"), plain("average_pool", kernel=2), linear(120), plain("tanh"),
               linear(84), plain("tanh"), linear(10)])
write("tiny", [conv(4, 3), plain("relu"), *POOL, conv(8, 3), plain("relu"), *POOL, linear(10)])
