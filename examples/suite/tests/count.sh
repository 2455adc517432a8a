#!/bin/sh
[ "$(wc -l <words.txt)" -eq 4 ] && echo "ok - four words"
