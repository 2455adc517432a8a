#!/bin/sh
[ "$(sort -u words.txt | wc -l)" -eq 3 ] && echo "ok - three are different"
