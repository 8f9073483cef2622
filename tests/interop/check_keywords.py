#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ARM's keyword LSTMs through scripts/convert/tf_lstm.py, `dcomp import` and `dcomp compress`.

usage: check_keywords.py DCOMP CONVERTER [S M L]
       ends with 77 without numpy or DCOMP_DATA/kws-lstm

What is imported must say what TensorFlow's cell says, written here in NumPy, within 1e-4. Then each
is compressed without data and held against what it came from on sequences that are like the MFCC of
speech: a loudness and cepstra that go up and down, from silence to silence. Prints a row for each.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-numpy)")
    sys.exit(77)

N_SAMPLES, N_STEPS = 400, 25
TOLERANCE = 1e-4
MIN_RATIO, MAX_DIVERGENCE = 4.5, 0.03
# Of the MFCC of spoken digits, about.
MEANS = [-16, -1.5, 0, -0.4, -0.7, -0.4, -0.2, -0.2, -0.2, 0]
SPREADS = [8, 3.2, 1.5, 1.2, 1.3, 1.1, 0.8, 0.7, 0.7, 0.6]
SILENCE = [-28, -1, 0, 0, 0, 0, 0, 0, 0, 0]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm(variables, x):
    """TensorFlow's LSTMCell with peepholes and a projection, and the layer on its last step."""
    v = {key.removeprefix("lstm.rnn.lstm_cell."): value.astype(np.float64)
         for key, value in variables.items()}
    cells = np.zeros((len(x), v["w_i_diag"].size))
    said = np.zeros((len(x), v["projection.kernel"].shape[1]))
    for step in np.moveaxis(x, 1, 0):
        i, j, f, o = np.split(np.concatenate([step, said], 1) @ v["kernel"] + v["bias"], 4, 1)
        cells = sigmoid(f + 1 + v["w_f_diag"] * cells) * cells + \
            sigmoid(i + v["w_i_diag"] * cells) * np.tanh(j)
        said = (sigmoid(o + v["w_o_diag"] * cells) * np.tanh(cells)) @ v["projection.kernel"]
    return said @ v["W_o"] + v["b_o"]


def speech(rng):
    """(samples, steps, features)"""
    x = np.zeros((N_SAMPLES, N_STEPS, len(MEANS)))
    state = rng.normal(0, 1, (N_SAMPLES, len(MEANS)))
    first = rng.integers(0, 8, N_SAMPLES)
    end = first + rng.integers(8, 22, N_SAMPLES)
    for t in range(N_STEPS):
        state = 0.8 * state + 0.6 * rng.normal(0, 1, state.shape)
        speaks = ((t >= first) & (t < end))[:, None]
        silence = SILENCE + 0.3 * rng.normal(0, 1, state.shape)
        x[:, t] = np.where(speaks, MEANS + state * SPREADS, silence)
    return x.astype(np.float32)


def run(*words):
    got = subprocess.run(words, text=True, capture_output=True, check=False)
    if got.returncode != 0:
        sys.exit(f"{' '.join(words)} ends with {got.returncode}: {got.stderr}")
    return got.stdout


def check(dcomp, converter, size, folder):
    """Whether one of them is as it must be."""
    path = os.path.join(os.environ["DCOMP_DATA"], "kws-lstm", f"LSTM_{size}.npz")
    at = os.path.join(folder, size)
    x = speech(np.random.default_rng(7))
    data = f"npy:{at}.npy"
    np.save(at + ".npy", x[:, None])
    run(sys.executable, converter, path, at, "--steps", str(N_STEPS))
    run(dcomp, "import", at + ".safetensors", "--arch", at + ".json", "-o", at + ".bin", "-q")
    run(dcomp, "eval", at + ".bin", "-q", "--data", data, "--dump-output", at + ".y.npy")
    wanted = lstm(dict(np.load(path)), x.astype(np.float64))
    error = np.abs(np.load(at + ".y.npy") - wanted).max()
    made = json.loads(run(dcomp, "compress", at + ".bin", "-o", at + ".dcm", "--json"))
    seen = json.loads(run(dcomp, "eval", at + ".dcm", "--against", at + ".bin", "--data", data,
                          "--json"))["against"]
    n_classes = len(set(wanted.argmax(1)))
    print(f"LSTM_{size} | {made['reference_bytes']:,} | {made['file_bytes']:,} | "
          f"{made['ratio']:.1f}x | divergence {seen['divergence']:.4f}, agreement "
          f"{seen['agreement']:.1f} %, {n_classes} classes; differs from NumPy by {error:.1e}")
    return error <= TOLERANCE and made["ratio"] >= MIN_RATIO and n_classes > 1 and \
        seen["divergence"] <= MAX_DIVERGENCE


def main():
    if not os.path.isdir(os.path.join(os.environ.get("DCOMP_DATA", ""), "kws-lstm")):
        print("skipped: DCOMP_DATA has no kws-lstm")
        return 77
    sizes = sys.argv[3:] or ["S", "M", "L"]
    with tempfile.TemporaryDirectory() as folder:
        good = [check(*sys.argv[1:3], size, folder) for size in sizes]
    print(f"{sum(good)} of {len(good)} are as they must be")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
