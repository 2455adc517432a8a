"""embed.py FILE NAME OUT HEADER: a C source in which array NAME, declared in HEADER, holds the bytes of FILE."""
import sys

data = open(sys.argv[1], 'rb').read()
name = sys.argv[2]
with open(sys.argv[3], 'w') as out:
    out.write(f'#include "{sys.argv[4]}"\n\n')
    out.write(f'const size_t {name}_len = {len(data)};\nconst unsigned char {name}[] = {{\n')
    for at in range(0, len(data), 24):
        out.write('\t' + ', '.join(str(b) for b in data[at:at + 24]) + ',\n')
    out.write('};\n')
