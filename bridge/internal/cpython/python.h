// The part of CPython's stable ABI that this package calls, declared here so
// that building needs no Python headers and no libpython. See doc.go.
#ifndef MB_PYTHON_H
#define MB_PYTHON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct _object PyObject;
typedef struct _ts PyThreadState;
typedef struct PyInitConfig PyInitConfig;
typedef ssize_t Py_ssize_t;

enum { MB_FILE_INPUT = 257 }; // Py_file_input, part of the ABI

// X(result, name, (arguments)): symbols that every supported version has.
#define MB_REQUIRED(X)                                                        \
  X(int, Py_IsInitialized, (void))                                            \
  X(const char *, Py_GetVersion, (void))                                      \
  X(PyThreadState *, PyEval_SaveThread, (void))                               \
  X(void, PyEval_RestoreThread, (PyThreadState *))                            \
  X(PyObject *, PyEval_GetBuiltins, (void))                                   \
  X(PyObject *, PyEval_EvalCode, (PyObject *, PyObject *, PyObject *))        \
  X(PyObject *, Py_CompileString, (const char *, const char *, int))          \
  X(void, Py_DecRef, (PyObject *))                                            \
  X(void, Py_IncRef, (PyObject *))                                            \
  X(PyObject *, PyDict_New, (void))                                           \
  X(int, PyDict_SetItemString, (PyObject *, const char *, PyObject *))        \
  X(PyObject *, PyDict_GetItemString, (PyObject *, const char *))             \
  X(PyObject *, PyBytes_FromStringAndSize, (const char *, Py_ssize_t))        \
  X(int, PyBytes_AsStringAndSize, (PyObject *, char **, Py_ssize_t *))        \
  X(PyObject *, PyObject_CallFunctionObjArgs, (PyObject *, ...))              \
  X(PyObject *, PyObject_Str, (PyObject *))                                   \
  X(PyObject *, PyObject_GetAttrString, (PyObject *, const char *))           \
  X(const char *, PyUnicode_AsUTF8AndSize, (PyObject *, Py_ssize_t *))        \
  X(Py_ssize_t, PyTuple_Size, (PyObject *))                                   \
  X(PyObject *, PyTuple_GetItem, (PyObject *, Py_ssize_t))                    \
  X(Py_ssize_t, PyList_Size, (PyObject *))                                    \
  X(PyObject *, PyList_GetItem, (PyObject *, Py_ssize_t))                     \
  X(long, PyLong_AsLong, (PyObject *))                                        \
  X(PyObject *, PyErr_Occurred, (void))                                       \
  X(void, PyErr_Fetch, (PyObject **, PyObject **, PyObject **))               \
  X(void, PyErr_NormalizeException, (PyObject **, PyObject **, PyObject **))  \
  X(void, PyErr_Clear, (void))

// Symbols of one era: PyInitConfig from 3.14 on, the others before it.
#define MB_OPTIONAL(X)                                                        \
  X(PyInitConfig *, PyInitConfig_Create, (void))                              \
  X(void, PyInitConfig_Free, (PyInitConfig *))                                \
  X(int, PyInitConfig_GetError, (PyInitConfig *, const char **))              \
  X(int, PyInitConfig_SetInt, (PyInitConfig *, const char *, int64_t))        \
  X(int, PyInitConfig_SetStr, (PyInitConfig *, const char *, const char *))   \
  X(int, Py_InitializeFromInitConfig, (PyInitConfig *))                       \
  X(void, Py_SetProgramName, (const wchar_t *))                               \
  X(void, Py_InitializeEx, (int))

typedef struct {
#define X(result, name, args) result(*name) args;
  MB_REQUIRED(X)
  MB_OPTIONAL(X)
#undef X
} mb_python;

#endif
