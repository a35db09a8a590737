"""Compile every n-th module below a directory, to be taken as it is.

Arguments: the directory, the one that it will be moved to or nothing, i, n. The modules
of the standard library that this needs itself are not written by the import system: it
runs with -B.
"""

import compileall
import os
import py_compile
import sys

top, final = sys.argv[1:3]
i, n = map(int, sys.argv[3:5])

paths = []
for where, dirs, files in os.walk(top):
    dirs[:] = [d for d in dirs if d != "__pycache__"]
    paths += [os.path.join(where, name) for name in files if name.endswith(".py")]
paths.sort()

for path in paths[i::n]:
    compileall.compile_file(
        path,
        force=True,
        quiet=2,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        stripdir=top if final else None,
        prependdir=final or None,
    )
