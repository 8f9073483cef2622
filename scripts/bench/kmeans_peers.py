#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""kmeans_peers.py BENCH FILE K ROUNDS: dcomp, NumPy and scikit-learn on the same file of float32.

All sides run in turn in each round; medians count. The sum of squares (WCSS) of every side's
centroids is computed here, in double, by the same code. Peers:
  numpy    sort, prefix sums in double, Lloyd over runs; at most 100 iterations
  sklearn  KMeans, k-means++, n_init=1, its default of 300 iterations
"""
import statistics
import subprocess
import sys
import time

try:
    import numpy as np
except ImportError:
    sys.exit("numpy is missing: no peer and no way to compare")
try:
    from sklearn.cluster import KMeans
except ImportError:
    KMeans = None

OURS = ["near_optimal", "optimal", "linear", "density"]


def wcss(values, centroids):
    c = np.sort(np.asarray(centroids, np.float32)).astype(np.float64)
    at = np.searchsorted((c[1:] + c[:-1]) / 2, values)
    return float(np.sum((values - c[at]) ** 2))


def numpy_lloyd(values, k, start):
    x = np.sort(values)
    sums = np.concatenate([[0.0], np.cumsum(x, dtype=np.float64)])
    if start == "linear":
        c = np.linspace(x[0], x[-1], k)
    else:
        c = x[((np.arange(k) + 0.5) / k * len(x)).astype(int)].astype(np.float64)
    for _ in range(100):
        inner = np.searchsorted(x, ((c[1:] + c[:-1]) / 2).astype(np.float32), side="right")
        bounds = np.concatenate([[0], inner, [len(x)]])
        counts = np.diff(bounds)
        means = np.diff(sums[bounds]) / np.maximum(counts, 1)
        new = np.where(counts > 0, means, c)
        if np.array_equal(new, c):
            break
        c = new
    return c


def sklearn_fit(values, k):
    peer = KMeans(k, init="k-means++", n_init=1, random_state=1)
    return peer.fit(values[:, None]).cluster_centers_[:, 0]


def timed(function, *args):
    start = time.perf_counter()
    centroids = function(*args)
    return time.perf_counter() - start, centroids


def ours(bench, path, k, init):
    line = subprocess.check_output([bench, "run", path, str(k), init, "3"], text=True)
    numbers = [float(word) for word in line.split()]
    return numbers[0], numbers[2:]


def main():
    bench, path, k, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    values = np.fromfile(path, np.float32)
    exact = values.astype(np.float64)
    sides = {f"dcomp {init}": (lambda init=init: ours(bench, path, k, init)) for init in OURS}
    for start in ("linear", "density"):
        sides[f"numpy {start}"] = lambda start=start: timed(numpy_lloyd, values, k, start)
    if KMeans:
        sides["sklearn k-means++"] = lambda: timed(sklearn_fit, values, k)
    else:
        print("scikit-learn is missing: not compared")
    seconds = {name: [] for name in sides}
    cost = {}
    for _ in range(rounds):
        for name, run in sides.items():
            took, centroids = run()
            seconds[name].append(took)
            cost[name] = wcss(exact, centroids)
    print(f"values           {len(values)} float32, k = {k}, medians of {rounds} rounds")
    for name in sides:
        print(f"{name:18} {statistics.median(seconds[name]):9.4f} s   WCSS {cost[name]:.9g}")
    for peer in [name for name in sides if not name.startswith("dcomp")]:
        for mine in ("dcomp near_optimal", "dcomp optimal"):
            ratio = statistics.median(seconds[peer]) / statistics.median(seconds[mine])
            wcss_ratio = cost[mine] / cost[peer]
            print(f"{mine} against {peer}: {ratio:.1f}x as fast, WCSS x {wcss_ratio:.6f}")


main()
