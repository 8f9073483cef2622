# SPDX-License-Identifier: MIT
dcomp
