#!/usr/bin/env bash
# The same where gg can't follow the macros that name the headers, and has asked the compiler.
exec "$(dirname "$0")/../recalls" gcc told
