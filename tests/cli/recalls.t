#!/usr/bin/env bash
# What was planned before is planned anew as soon as anything that its plan saw is another.
# Its own TAP, for gcc; "./check --all" does the same for clang.
exec "$(dirname "$0")/../recalls" gcc
