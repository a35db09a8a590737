//go:build linux

#define _GNU_SOURCE
#include "mb.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

extern char **environ;

// From 3.14 on (PEP 741): isolated, so the environment cannot reach in.
static int init_config(mb_interp *in, const char *program) {
  mb_python *py = &in->py;
  PyInitConfig *c = py->PyInitConfig_Create();
  if (!c) return mb_fail(in, "out of memory for PyInitConfig");
  static const struct { const char *name; int64_t value; } ints[] = {
      {"isolated", 1}, {"use_environment", 0}, {"utf8_mode", 1},
      {"install_signal_handlers", 0}, {"faulthandler", 0},
      {"optimization_level", 0}, {"parse_argv", 0},
  };
  int bad = 0;
  for (size_t i = 0; !bad && i < sizeof ints / sizeof *ints; i++)
    bad = py->PyInitConfig_SetInt(c, ints[i].name, ints[i].value) < 0;
  bad = bad || py->PyInitConfig_SetStr(c, "program_name", program) < 0;
  bad = bad || py->Py_InitializeFromInitConfig(c) < 0;
  if (bad) {
    const char *why = NULL;
    py->PyInitConfig_GetError(c, &why);
    mb_fail(in, why);
  }
  py->PyInitConfig_Free(c);
  return bad ? -1 : 0;
}

// Takes every PYTHON* variable out of the C environment; returns a
// NULL-terminated list of the "NAME=value" strings taken.
static char **environ_take(void) {
  size_t n = 0, kept = 0;
  while (environ && environ[n]) n++;
  char **taken = calloc(n + 1, sizeof *taken);
  if (!taken) return NULL;
  for (size_t i = 0; i < n; i++)
    if (!strncmp(environ[i], "PYTHON", 6)) taken[kept++] = strdup(environ[i]);
  for (size_t i = 0; i < kept; i++) {
    char *eq = taken[i] ? strchr(taken[i], '=') : NULL;
    if (!eq) continue;
    *eq = 0;
    unsetenv(taken[i]);
    *eq = '=';
  }
  return taken;
}

static void environ_give_back(char **taken) {
  for (size_t i = 0; taken[i]; i++) {
    char *eq = strchr(taken[i], '=');
    if (eq) {
      *eq = 0;
      setenv(taken[i], eq + 1, 1);
    }
    free(taken[i]);
  }
  free(taken);
}

// 3.11 to 3.13. The legacy calls read the environment and the locale, so both
// are made right for the moment of initialisation and put back afterwards.
static int init_legacy(mb_interp *in, const char *program) {
  static wchar_t name[4096]; // Python keeps the pointer
  char *before = setlocale(LC_CTYPE, NULL);
  before = before ? strdup(before) : NULL;
  if (!setlocale(LC_CTYPE, "C.UTF-8")) setlocale(LC_CTYPE, "en_US.UTF-8");
  size_t n = mbstowcs(name, program, sizeof name / sizeof *name);
  if (n == (size_t)-1 || n >= sizeof name / sizeof *name) {
    free(before);
    return mb_fail(in, "the interpreter's path is too long or not valid UTF-8");
  }
  char *lc_all = getenv("LC_ALL");
  lc_all = lc_all ? strdup(lc_all) : NULL;
  char **taken = environ_take();
  if (!taken) return mb_fail(in, "out of memory");
  setenv("LC_ALL", "C.UTF-8", 1);
  setenv("PYTHONNOUSERSITE", "1", 1);
  in->py.Py_SetProgramName(name);
  in->py.Py_InitializeEx(0);
  unsetenv("PYTHONNOUSERSITE");
  if (lc_all) setenv("LC_ALL", lc_all, 1);
  else unsetenv("LC_ALL");
  free(lc_all);
  environ_give_back(taken);
  free(before); // Python needs the UTF-8 LC_CTYPE for as long as it lives
  return in->py.Py_IsInitialized() ? 0 : mb_fail(in, "Py_InitializeEx did not initialise");
}

int mb_init(mb_interp *in, const char *program) {
  if (in->py.Py_IsInitialized())
    return mb_fail(in, "this process already has a Python interpreter that is not ours: "
                       "open with WithWorkers, where Python runs in processes of its own");
  int bad = in->py.PyInitConfig_Create ? init_config(in, program) : init_legacy(in, program);
  if (bad) return -1;
  in->state = in->py.PyEval_SaveThread();
  return 0;
}
