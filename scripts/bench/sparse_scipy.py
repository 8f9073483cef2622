#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The layers of bench_sparse.c as SciPy's CSR matrices, one thread: milliseconds of a product
with one vector, all of it and with so many of x that are not 0, and with 16 and 64 columns; a line
a layer. usage: sparse_scipy.py [REPEATS]"""
import statistics
import sys
import time

import numpy as np
import scipy
import scipy.sparse

LAYERS = [("Alex-6", 4096, 9216, 0.09, 0.351), ("Alex-7", 4096, 4096, 0.09, 0.353),
          ("Alex-8", 1000, 4096, 0.25, 0.375), ("VGG-6", 4096, 25088, 0.04, 0.183),
          ("VGG-7", 4096, 4096, 0.04, 0.375), ("VGG-8", 1000, 4096, 0.23, 0.411),
          ("NT-We", 600, 4096, 0.10, 1), ("NT-Wd", 8791, 600, 0.11, 1),
          ("NT-LSTM", 2400, 1201, 0.10, 1), ("half", 4096, 4096, 0.5, 1), ("all", 4096, 4096, 1, 1)]


def median(repeats, product):
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        product()
        times.append(time.perf_counter() - began)
    return 1e3 * statistics.median(times)


repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
rng = np.random.default_rng(1)
print(f"scipy {scipy.__version__}, CSR; ms, medians of {repeats}")
for name, n_rows, n_cols, density, act in LAYERS:
    a = scipy.sparse.random(n_rows, n_cols, density, "csr", np.float32, rng)
    x = rng.standard_normal(n_cols).astype(np.float32)
    some = np.where(rng.random(n_cols) < act, x, 0).astype(np.float32)
    wide = [rng.standard_normal((n_cols, n)).astype(np.float32) for n in (16, 64)]
    times = [median(repeats, lambda v=v: a @ v) for v in (x, some, *wide)]
    print(f"{name:8}" + "".join(f" {t:9.3f}" for t in times), flush=True)
