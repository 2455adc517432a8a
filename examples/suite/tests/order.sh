#!/bin/sh
[ "$(sort words.txt | head -n 1)" = apple ] && echo "ok - the apple comes first"
