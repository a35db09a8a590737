// What Go sees of the C side. Every function returns 0, or -1 with a message
// in `error`; none of them prints, exits or calls back into Go.
#ifndef MB_H
#define MB_H

#include "python.h"

typedef struct {
  uint8_t *data;
  size_t len, cap;
} mb_buffer;

// One interpreter. Only the thread that called mb_init may use it, except for
// the counters, which are read with mb_counters from anywhere.
typedef struct {
  mb_python py;
  PyThreadState *state; // that thread's, while the GIL is released
  PyObject *dispatch;   // held for ever: pyshim's entry point
  mb_buffer head, ints, blob, ends;
  uint64_t taken, released; // Python references owned by this code
  uint64_t allocated, freed; // C buffers
  char error[1024];
} mb_interp;

// A reply, in memory of the interpreter: valid until the next mb_call.
typedef struct {
  const uint8_t *head, *blob;
  const int32_t *ints;
  const uint64_t *ends; // end of each buffer in blob
  size_t head_len, nints, nbufs;
} mb_reply;

enum { MB_STATIC = -2 }; // mb_load: a program that can load no library
int mb_load(mb_interp *in, const char *library);
int mb_init(mb_interp *in, const char *program);
int mb_boot(mb_interp *in, const char *source, const char *filename,
            const uint8_t *config, size_t config_len, mb_reply *out);
int mb_call(mb_interp *in, const uint8_t *frame, size_t frame_len, mb_reply *out);
void mb_trim(mb_interp *in, size_t keep);
void mb_counters(mb_interp *in, uint64_t out[4]);

// Signal dispositions, saved around code that may import Python modules.
void mb_signals_save(void);
int mb_signals_restore(int changed[65]);

// Waits until the bell has rung, polling for spin_ns before sleeping; returns
// whether polling caught it. The word is 0 quiet, 1 rung, 2 asleep.
int mb_bell_wait(uint32_t *word, int64_t spin_ns);

// ReplyPacked of package wire: the ints are bytes.
enum { MB_PACKED = 8 };

// Internal: references and buffers are counted where they change hands.
PyObject *mb_own(mb_interp *in, PyObject *o);
void mb_drop(mb_interp *in, PyObject *o);
int mb_put(mb_interp *in, mb_buffer *b, const void *data, size_t len);
int mb_fail(mb_interp *in, const char *what);
int mb_fail_python(mb_interp *in, const char *what);

#endif
