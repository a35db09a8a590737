//go:build linux

#define _GNU_SOURCE
#include "mb.h"

#include <signal.h>

static struct sigaction saved[65];

void mb_signals_save(void) {
  for (int s = 1; s <= 64; s++) sigaction(s, NULL, &saved[s]);
}

// Puts back what has changed since mb_signals_save; returns how many, with
// their numbers in changed.
int mb_signals_restore(int changed[65]) {
  int n = 0;
  for (int s = 1; s <= 64; s++) {
    struct sigaction now;
    if (sigaction(s, NULL, &now)) continue;
    if (now.sa_sigaction == saved[s].sa_sigaction && now.sa_flags == saved[s].sa_flags) continue;
    if (sigaction(s, &saved[s], NULL) == 0) changed[n++] = s;
  }
  return n;
}

#ifdef __SANITIZE_ADDRESS__
// CPython is never finalised: what it holds at the end of the process is no leak.
__attribute__((visibility("default"))) const char *__asan_default_options(void) { return "detect_leaks=0"; }
#endif
