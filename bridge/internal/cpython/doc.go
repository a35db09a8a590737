// Package cpython embeds CPython: the only place with C and unsafe.
//
// # What it needs
//
// A libpython of 3.11 or later, opened at run time. The functions called are
// those of the stable ABI (python.h lists them), declared by us: building needs
// neither Python's headers nor its library, and one program runs on every
// version. From 3.14 on the interpreter is configured by PyInitConfig, isolated
// from the environment; before, by the legacy calls, with the PYTHON* variables
// and the locale put aside for that moment.
//
// # Who owns what
//
//   - Go owns the request frame. C reads it during the call and never keeps it.
//   - C owns every Python object it creates or is given, from where it gets the
//     reference (mb_own) to where it gives it up (mb_drop), always within the
//     same call. The one exception is pyshim's dispatch function, held for ever.
//   - Borrowed references (items of a tuple or list) are never kept across
//     anything that could run Python code.
//   - C owns the reply buffers and uses them again for the next call; Go copies
//     out of them at once and holds no C memory.
//   - Python objects that outlive a call live in pyshim's registry. Go knows
//     them by number.
//
// References and buffers are counted where they change hands. At rest as many
// references have been released as taken; tests assert it.
//
// # Who may call
//
// The OS thread that called Start, and no other. It keeps one thread state for
// ever: the GIL is taken with PyEval_RestoreThread at the start of a call and
// released with PyEval_SaveThread at its end, so that Python's own threads can
// run in between. PyGILState_Ensure is not used, since it would make a thread
// state each time.
//
// # What is never done
//
// Finalising (native modules do not survive it), PyErr_Print and PyRun_* (they
// exit the process on SystemExit), forking from Python, calling Go from C.
package cpython
