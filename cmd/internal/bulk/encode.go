package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Encode makes the ids of many texts or chats, each answered as if it came alone, as EncodeTexts
// of a tokenizer does. It is called from several goroutines.
type Encode func(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error)

// Encoded is what a text or a chat became.
type Encoded struct {
	IDs  []int32
	Loss []byte // of a chat, see format.Document; nil of a text
}

// encoder distinguishes errors of a text from errors of the machine.
type encoder struct {
	encode Encode
	wait   func(ctx context.Context, attempt int) error // before another attempt
}

// outcome is what a text got.
type outcome struct {
	Encoded

	fault *Fault
}

// of is what a format can hold of it.
func (o outcome) of(f format.Format) (Encoded, *Fault) {
	if o.fault == nil && len(o.IDs) == 0 && !f.HoldsEmpty() {
		return Encoded{}, &Fault{NoIDs, "it has no ids, and the format holds no document without any"}
	}
	return o.Encoded, o.fault
}

const (
	// workerTries is how often a text may end its worker, alone, before it is rejected.
	workerTries = 3
	// machineTries is how often what is no text's fault is tried again.
	machineTries = 8
)

// blame says whose fault an error is.
type blame int

const (
	ofText    blame = iota // it would be the same again
	ofWorker               // its worker ended: because of it, or by chance
	ofMachine              // anything else
)

func blameOf(err error) (blame, *Fault) {
	var py *bridge.PyError
	var worker *bridge.WorkerError
	var refused *refusedError
	switch {
	case errors.As(err, &refused):
		return ofText, &Fault{NoText, refused.text}
	case errors.As(err, &py) && errors.Is(err, bridge.ErrInvalidRequest):
		return ofText, pyFault(py)
	case errors.As(err, &py):
		if bridge.ReasonOf(err) == bridge.ReasonWorkerMemory || py.IsA("builtins.OSError") || py.IsA("builtins.ImportError") || py.IsA("pyshim.errors.ShimError") {
			return ofMachine, nil
		}
		return ofText, pyFault(py)
	case errors.As(err, &worker) && errors.Is(err, bridge.ErrTimeLimit):
		return ofWorker, &Fault{TooSlow, "its encoding did not end in the time allowed"}
	case errors.As(err, &worker) && !errors.Is(err, bridge.ErrWorkerMemory):
		return ofWorker, &Fault{Deadly, "the process that encodes it ends"} // not how: it need not be the same each time
	}
	return ofMachine, nil
}

func pyFault(py *bridge.PyError) *Fault {
	return &Fault{Refused, fmt.Sprintf("%s.%s: %s", py.Module, py.Type, py.Message)}
}

// all encodes texts. The error is one of the machine or of ctx.
func (e *encoder) all(ctx context.Context, texts []string) ([]outcome, error) {
	answers, err := e.call(ctx, texts)
	if err != nil {
		return nil, err
	}
	out := make([]outcome, len(texts))
	for i, text := range texts {
		a := answers[i]
		out[i].Encoded = a.Value
		if a.Err != nil {
			if out[i], err = e.encodeAlone(ctx, text, a.Err); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// call makes one call, again while it is refused as a whole.
func (e *encoder) call(ctx context.Context, texts []string) ([]bridge.Answer[Encoded], error) {
	for attempt := 1; ; attempt++ {
		answers, err := e.encode(ctx, texts)
		if err == nil || ctx.Err() != nil || attempt == machineTries || !bridge.Retryable(err) || errors.Is(err, bridge.ErrClosed) {
			return answers, err
		}
		if err := e.wait(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// encodeAlone gives a text that failed beside others every chance, by itself.
func (e *encoder) encodeAlone(ctx context.Context, text string, failed error) (outcome, error) {
	deaths, waits := 0, 0
	for {
		whose, fault := blameOf(failed)
		switch whose {
		case ofText:
			return outcome{fault: fault}, nil
		case ofWorker:
			if deaths++; deaths > workerTries {
				return outcome{fault: fault}, nil
			}
		case ofMachine:
			if waits++; waits > machineTries {
				return outcome{}, fmt.Errorf("a text could not be encoded, through no fault of its own: %w", failed)
			}
			if err := e.wait(ctx, waits); err != nil {
				return outcome{}, err
			}
		}
		answers, err := e.call(ctx, []string{text})
		if err != nil {
			return outcome{}, err
		}
		if failed = answers[0].Err; failed == nil {
			return outcome{Encoded: answers[0].Value}, nil
		}
	}
}

// pause is the wait of a run: longer each time, half a minute at most.
func pause(ctx context.Context, attempt int) error {
	t := time.NewTimer(min(time.Second<<(attempt-1), 30*time.Second))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
