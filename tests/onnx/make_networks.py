#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of torchvision, shrunk to few channels, as PyTorch exports them.

    python3 make_networks.py            (made with PyTorch 1.13, torchvision 0.14)

Weights are random and seeded, running statistics of batch normalization too, so that nothing is 0
or 1 by accident. Outputs are computed in float64 from the weights as they are in the file.
"""
import copy
import os

import torch
import torch.nn as nn
import torchvision.models as tv
from torch.onnx import TrainingMode

from common import FOLDER, N_SAMPLES, Truths, input_values


def shrunk(module, factor, n_classes=10):
    """All channels divided; the picture's three and the classes stay."""
    def less(n):
        if n in (3, n_classes):
            return n
        assert n % factor == 0, (n, factor)
        return n // factor

    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            groups = child.groups if child.groups == 1 else less(child.groups)
            new = nn.Conv2d(less(child.in_channels), less(child.out_channels), child.kernel_size,
                            child.stride, child.padding, child.dilation, groups,
                            child.bias is not None)
        elif isinstance(child, nn.BatchNorm2d):
            new = nn.BatchNorm2d(less(child.num_features), child.eps, child.momentum)
        elif isinstance(child, nn.Linear):
            new = nn.Linear(less(child.in_features), less(child.out_features))
        else:
            shrunk(child, factor, n_classes)
            continue
        setattr(module, name, new)
    return module


def seeded(net, seed=1):
    """Weights that keep the scale of what flows through, and statistics unlike 0 and 1."""
    torch.manual_seed(seed)
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, 0, (2 / fan_in) ** 0.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, 0, 0.1)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.6, 1.4)
            nn.init.normal_(module.bias, 0, 0.2)
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return net.eval()


def without(net, *names):
    for name in names:
        parent, _, last = name.rpartition(".")
        setattr(net.get_submodule(parent), last, nn.Identity())
    return net


def alexnet():
    return shrunk(tv.AlexNet(num_classes=10), 64)


def vgg(make):
    net = make(num_classes=10)
    net.avgpool = nn.AdaptiveAvgPool2d(2)
    net.classifier[0] = nn.Linear(512 * 4, 4096)
    return shrunk(net, 64)


def googlenet():
    net = tv.GoogLeNet(num_classes=10, aux_logits=False, transform_input=True, init_weights=False)
    return shrunk(without(net, "inception4c", "inception5a"), 8)


def inception():
    net = tv.Inception3(num_classes=10, aux_logits=False, transform_input=True, init_weights=False)
    return shrunk(without(net, "Mixed_5d", "Mixed_6c", "Mixed_6d", "Mixed_7c"), 16)


def efficientnet():
    from torchvision.models.efficientnet import MBConvConfig
    rows = [(1, 3, 1, 8, 8, 1), (6, 3, 2, 8, 8, 1), (6, 5, 2, 8, 8, 2), (6, 3, 2, 8, 16, 1),
            (6, 5, 1, 16, 16, 1), (6, 5, 2, 16, 16, 1), (6, 3, 1, 16, 24, 1)]
    return tv.EfficientNet([MBConvConfig(*row) for row in rows], dropout=0.2, num_classes=10)


def densenet():
    return tv.DenseNet(growth_rate=2, block_config=(4, 6, 8, 6), num_init_features=4, bn_size=4,
                       num_classes=10)


def mobilenet_v2():
    return shrunk(tv.mobilenet_v2(num_classes=10, width_mult=0.5), 8)


def shufflenet():
    return tv.ShuffleNetV2([4, 8, 4], [8, 8, 16, 32, 64], num_classes=10)


def resnext():
    return shrunk(tv.ResNet(tv.resnet.Bottleneck, [1, 1, 1, 1], num_classes=10, groups=32,
                            width_per_group=4), 16)


# name, network, side of the picture, opset, free batch, batch norm kept apart, constants folded
NETWORKS = [
    ("alexnet", alexnet, 224, 11, False, False, True),
    ("vgg11", lambda: vgg(tv.vgg11), 64, 9, False, True, True),
    ("vgg16_bn", lambda: vgg(tv.vgg16_bn), 64, 13, True, True, True),
    ("googlenet", googlenet, 64, 13, True, False, True),
    ("inception_v3", inception, 80, 11, False, False, True),
    ("resnet18", lambda: shrunk(tv.resnet18(num_classes=10), 32), 64, 13, True, True, False),
    ("resnet50", lambda: shrunk(tv.resnet50(num_classes=10), 32), 64, 17, False, False, True),
    ("resnext", resnext, 64, 14, True, True, True),
    ("squeezenet1_0", lambda: shrunk(tv.squeezenet1_0(num_classes=10), 16), 64, 9, False, False,
     True),
    ("squeezenet1_1", lambda: shrunk(tv.squeezenet1_1(num_classes=10), 16), 64, 13, True, True,
     True),
    ("mobilenet_v2", mobilenet_v2, 64, 11, True, True, False),
    ("mobilenet_v3_small", lambda: shrunk(tv.mobilenet_v3_small(num_classes=10), 8), 64, 13, True,
     False, True),
    ("densenet", densenet, 64, 13, False, True, True),
    ("shufflenet_v2", shufflenet, 64, 13, True, False, True),
    ("mnasnet", lambda: shrunk(tv.MNASNet(0.5, num_classes=10), 8), 64, 12, False, False, True),
    ("efficientnet_b0", efficientnet, 64, 14, True, True, True),
]


def main():
    truths = Truths("networks.bin")
    for name, make, side, opset, is_free, keeps_norm, folds in NETWORKS:
        net = seeded(make())
        x = torch.from_numpy(input_values(N_SAMPLES, 3, side, side))
        given = x if not is_free else x[:1]
        free = {"input": {0: "batch"}, "output": {0: "batch"}} if is_free else None
        torch.onnx.export(net, given, os.path.join(FOLDER, name + ".onnx"), opset_version=opset,
                          input_names=["input"], output_names=["output"], dynamic_axes=free,
                          training=TrainingMode.PRESERVE if keeps_norm else TrainingMode.EVAL,
                          do_constant_folding=folds)
        with torch.no_grad():
            truths.add(name, x.numpy(), copy.deepcopy(net).double()(x.double()).numpy())
    truths.close()


if __name__ == "__main__":
    main()
