//go:build linux

#define _GNU_SOURCE
#include "mb.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { QUIET, RUNG, ASLEEP };

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static int poll_word(uint32_t *word, int64_t spin_ns) {
  if (spin_ns <= 0) return 0;
  int64_t until = now_ns() + spin_ns;
  do {
    for (int i = 0; i < 16; i++) {
      if (__atomic_load_n(word, __ATOMIC_ACQUIRE) == RUNG) return 1;
      pause_cpu();
    }
  } while (now_ns() < until);
  return 0;
}

int mb_bell_wait(uint32_t *word, int64_t spin_ns) {
  int polled = poll_word(word, spin_ns);
  uint32_t quiet = QUIET;
  if (!polled && __atomic_compare_exchange_n(word, &quiet, ASLEEP, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == ASLEEP)
      syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, ASLEEP, NULL, NULL, 0);
  __atomic_store_n(word, QUIET, __ATOMIC_RELEASE);
  return polled;
}
