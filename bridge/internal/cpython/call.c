//go:build linux

#include "mb.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

// Turns the pending exception into in->error. Only for what escapes pyshim,
// which reports its exceptions itself: a defect, or a failed start.
int mb_fail_python(mb_interp *in, const char *what) {
  mb_python *py = &in->py;
  PyObject *type = NULL, *value = NULL, *trace = NULL;
  py->PyErr_Fetch(&type, &value, &trace);
  py->PyErr_NormalizeException(&type, &value, &trace);
  mb_own(in, type), mb_own(in, value), mb_own(in, trace);
  PyObject *name = type ? mb_own(in, py->PyObject_GetAttrString(type, "__name__")) : NULL;
  PyObject *text = value ? mb_own(in, py->PyObject_Str(value)) : NULL;
  const char *n = name ? py->PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
  const char *t = text ? py->PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
  snprintf(in->error, sizeof in->error, "%s: %s: %s", what, n ? n : "exception", t ? t : "");
  py->PyErr_Clear();
  mb_drop(in, name), mb_drop(in, text);
  mb_drop(in, type), mb_drop(in, value), mb_drop(in, trace);
  return -1;
}

static int read_bytes(mb_interp *in, mb_buffer *to, PyObject *bytes) {
  char *data;
  Py_ssize_t len;
  if (in->py.PyBytes_AsStringAndSize(bytes, &data, &len) < 0) return mb_fail_python(in, "reply bytes");
  return mb_put(in, to, data, (size_t)len);
}

// Reads the list straight into int32: converting it in Python costs 2 ms for
// 100,000 ids, this a few hundred microseconds.
static int read_ints(mb_interp *in, PyObject *list, uint32_t want, uint32_t flags) {
  mb_python *py = &in->py;
  in->ints.len = 0;
  if (!want) return 0;
  if (flags & MB_PACKED) {
    if (read_bytes(in, &in->ints, list)) return -1;
    if (in->ints.len == want * sizeof(int32_t)) return 0;
    return mb_fail(in, "pyshim returned another number of ints than its header says");
  }
  Py_ssize_t n = py->PyList_Size(list);
  if (n < 0) return mb_fail_python(in, "reply ints");
  if ((uint64_t)n != want) return mb_fail(in, "pyshim returned another number of ints than its header says");
  if (mb_put(in, &in->ints, NULL, (size_t)n * sizeof(int32_t))) return -1;
  int32_t *out = (int32_t *)in->ints.data;
  for (Py_ssize_t i = 0; i < n; i++) {
    long v = py->PyLong_AsLong(py->PyList_GetItem(list, i)); // borrowed
    if (v == -1 && py->PyErr_Occurred()) return mb_fail_python(in, "reply ints");
    if (v < INT32_MIN || v > INT32_MAX) return mb_fail(in, "pyshim returned a number beyond int32");
    out[i] = (int32_t)v;
  }
  return 0;
}

// Copies pyshim's (head, ints, bufs) out, so that no Python object outlives
// the call that made it.
static int read_reply(mb_interp *in, PyObject *reply, mb_reply *out) {
  mb_python *py = &in->py;
  in->head.len = in->blob.len = in->ends.len = 0;
  if (py->PyTuple_Size(reply) != 3) {
    py->PyErr_Clear();
    return mb_fail(in, "pyshim returned something else than (head, ints, bufs)");
  }
  if (read_bytes(in, &in->head, py->PyTuple_GetItem(reply, 0))) return -1;
  uint32_t flags = 0, nints = 0; // their places in the reply header
  if (in->head.len >= 12) {
    memcpy(&flags, in->head.data + 4, sizeof flags);
    memcpy(&nints, in->head.data + 8, sizeof nints);
  }
  if (read_ints(in, py->PyTuple_GetItem(reply, 1), nints, flags)) return -1;
  PyObject *bufs = py->PyTuple_GetItem(reply, 2);
  Py_ssize_t n = py->PyTuple_Size(bufs);
  if (n < 0) return mb_fail_python(in, "reply buffers");
  for (Py_ssize_t i = 0; i < n; i++) {
    if (read_bytes(in, &in->blob, py->PyTuple_GetItem(bufs, i))) return -1;
    uint64_t end = in->blob.len;
    if (mb_put(in, &in->ends, &end, sizeof end)) return -1;
  }
  *out = (mb_reply){
      .head = in->head.data, .head_len = in->head.len,
      .ints = (const int32_t *)in->ints.data, .nints = nints,
      .blob = in->blob.data, .ends = (const uint64_t *)in->ends.data, .nbufs = (size_t)n,
  };
  return 0;
}

int mb_call(mb_interp *in, const uint8_t *frame, size_t frame_len, mb_reply *out) {
  mb_python *py = &in->py;
  py->PyEval_RestoreThread(in->state);
  int bad = -1;
  PyObject *reply = NULL;
  PyObject *arg = mb_own(in, py->PyBytes_FromStringAndSize((const char *)frame, (Py_ssize_t)frame_len));
  if (arg) reply = mb_own(in, py->PyObject_CallFunctionObjArgs(in->dispatch, arg, NULL));
  if (reply) bad = read_reply(in, reply, out);
  else mb_fail_python(in, "pyshim.dispatch raised");
  mb_drop(in, reply);
  mb_drop(in, arg);
  in->state = py->PyEval_SaveThread();
  return bad;
}

// Runs the bootstrap source in a namespace of its own and keeps the dispatch
// function that its start(config) returns.
static int boot(mb_interp *in, PyObject *space, const char *source, const char *filename, PyObject *config,
                mb_reply *out) {
  mb_python *py = &in->py;
  PyObject *code = mb_own(in, py->Py_CompileString(source, filename, MB_FILE_INPUT));
  if (!code) return mb_fail_python(in, "compile bootstrap");
  int bad = py->PyDict_SetItemString(space, "__builtins__", py->PyEval_GetBuiltins());
  PyObject *ran = bad ? NULL : mb_own(in, py->PyEval_EvalCode(code, space, space));
  mb_drop(in, code);
  if (!ran) return mb_fail_python(in, "run bootstrap");
  mb_drop(in, ran);
  PyObject *start = py->PyDict_GetItemString(space, "start"); // borrowed
  if (!start) return mb_fail(in, "bootstrap has no start()");
  PyObject *pair = mb_own(in, py->PyObject_CallFunctionObjArgs(start, config, NULL));
  if (!pair) return mb_fail_python(in, "start pyshim");
  PyObject *dispatch = py->PyTuple_Size(pair) == 2 ? py->PyTuple_GetItem(pair, 0) : NULL;
  in->head.len = 0;
  if (!dispatch || read_bytes(in, &in->head, py->PyTuple_GetItem(pair, 1))) {
    py->PyErr_Clear();
    mb_drop(in, pair);
    return mb_fail(in, "start() returned something else than (dispatch, info)");
  }
  py->Py_IncRef(dispatch);
  in->dispatch = dispatch;
  mb_drop(in, pair);
  *out = (mb_reply){.head = in->head.data, .head_len = in->head.len};
  return 0;
}

int mb_boot(mb_interp *in, const char *source, const char *filename, const uint8_t *config, size_t config_len,
            mb_reply *out) {
  mb_python *py = &in->py;
  py->PyEval_RestoreThread(in->state);
  int bad = -1;
  PyObject *arg = mb_own(in, py->PyBytes_FromStringAndSize((const char *)config, (Py_ssize_t)config_len));
  PyObject *space = mb_own(in, py->PyDict_New());
  if (arg && space) bad = boot(in, space, source, filename, arg, out);
  else mb_fail_python(in, "start pyshim");
  mb_drop(in, space);
  mb_drop(in, arg);
  in->state = py->PyEval_SaveThread();
  return bad;
}
