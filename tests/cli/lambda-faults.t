#!/usr/bin/env bash
# A graph on a Lambda service that fails, hangs and throttles, and Ctrl-C: the quick form of tests/remote/lambda-faults.
exec "$(dirname "$0")/../remote/lambda-faults" 60
