# SPDX-License-Identifier: MIT
dcomp --version
