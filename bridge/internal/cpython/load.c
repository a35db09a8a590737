//go:build linux

#define _GNU_SOURCE
#include "mb.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mb_fail(mb_interp *in, const char *what) {
  snprintf(in->error, sizeof in->error, "%s", what ? what : "unknown error");
  return -1;
}

// Looks at the first object only, the program: is there a loader in it?
static int has_loader(struct dl_phdr_info *info, size_t size, void *found) {
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_INTERP) *(int *)found = 1;
  return 1;
}

// RTLD_GLOBAL: the standard library's extension modules expect libpython's
// symbols in the global scope (PyTuple_Type and friends).
int mb_load(mb_interp *in, const char *library) {
  int loader = 0;
  dl_iterate_phdr(has_loader, &loader);
  if (!loader) { // dlopen would bring a second C library, and crash
    mb_fail(in, "statically linked");
    return MB_STATIC;
  }
  void *lib = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  if (!lib) return mb_fail(in, dlerror());
#define X(result, name, args)                                                 \
  *(void **)&in->py.name = dlsym(lib, #name);                                 \
  if (!in->py.name) return mb_fail(in, "libpython has no symbol " #name);
  MB_REQUIRED(X)
#undef X
#define X(result, name, args) *(void **)&in->py.name = dlsym(lib, #name);
  MB_OPTIONAL(X)
#undef X
  if (!in->py.PyInitConfig_Create && !(in->py.Py_SetProgramName && in->py.Py_InitializeEx))
    return mb_fail(in, "libpython has neither PyInitConfig_Create nor Py_InitializeEx");
  return 0;
}

PyObject *mb_own(mb_interp *in, PyObject *o) {
  if (o) __atomic_fetch_add(&in->taken, 1, __ATOMIC_RELAXED);
  return o;
}

void mb_drop(mb_interp *in, PyObject *o) {
  if (!o) return;
  __atomic_fetch_add(&in->released, 1, __ATOMIC_RELAXED);
  in->py.Py_DecRef(o);
}

static void buffer_free(mb_interp *in, mb_buffer *b) {
  if (!b->data) return;
  free(b->data);
  *b = (mb_buffer){0};
  __atomic_fetch_add(&in->freed, 1, __ATOMIC_RELAXED);
}

// Appends len bytes (left as they are where data is NULL) to a buffer.
int mb_put(mb_interp *in, mb_buffer *b, const void *data, size_t len) {
  if (!b->data || len > b->cap - b->len) {
    size_t cap = b->cap ? b->cap : 4096;
    while (cap < b->len + len) cap *= 2;
    uint8_t *grown = malloc(cap);
    if (!grown) return mb_fail(in, "out of memory for a reply");
    __atomic_fetch_add(&in->allocated, 1, __ATOMIC_RELAXED);
    if (b->len) memcpy(grown, b->data, b->len);
    size_t held = b->len;
    buffer_free(in, b);
    *b = (mb_buffer){grown, held, cap};
  }
  if (data && len) memcpy(b->data + b->len, data, len);
  b->len += len;
  return 0;
}

void mb_trim(mb_interp *in, size_t keep) {
  mb_buffer *all[] = {&in->head, &in->ints, &in->blob, &in->ends};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (all[i]->cap > keep) buffer_free(in, all[i]);
}

void mb_counters(mb_interp *in, uint64_t out[4]) {
  out[0] = __atomic_load_n(&in->taken, __ATOMIC_RELAXED);
  out[1] = __atomic_load_n(&in->released, __ATOMIC_RELAXED);
  out[2] = __atomic_load_n(&in->allocated, __ATOMIC_RELAXED);
  out[3] = __atomic_load_n(&in->freed, __ATOMIC_RELAXED);
}
