package jsonl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/vllm"
)

// Options configure a Server.
type Options struct {
	Program string // name and version, for the op info
	Typed   bool   // requests are decoded into the Go types and encoded again, where these can say them
	MaxLine int    // in bytes; 0: 256 MB
}

// inFlight is how many requests are taken before the oldest of them is answered:
// enough that Python never waits for a line.
const inFlight = 64

// Server is one conversation. Serve may be called once.
type Server struct {
	rt         *bridge.Runtime
	opts       Options
	tokenizers map[string]*bridge.Tokenizer
	vllms      map[string]*vllm.Tokenizer
	loaded     int // handles given out
	streams    map[int]*bridge.Detokenizer
	streamed   int // streams given out
	typed, raw int // requests that went through the Go types, and those that went as they were written
}

// New returns a Server whose tokenizers belong to rt, which outlives it.
func New(rt *bridge.Runtime, o Options) *Server {
	if o.MaxLine == 0 {
		o.MaxLine = 256 << 20
	}
	return &Server{rt: rt, opts: o, tokenizers: map[string]*bridge.Tokenizer{}, vllms: map[string]*vllm.Tokenizer{}, streams: map[int]*bridge.Detokenizer{}}
}

// Serve answers the lines of in until they end, or ctx does; either way every
// request that was taken gets its answer. It fails when in cannot be read or out
// cannot be written. A Read that blocks when ctx ends is left behind.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	// What was taken is finished: only reading obeys ctx.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	order := &order{queue: make(chan *async.Future[[]byte], inFlight+1)}
	stream := async.NewStream(work, inFlight, func(ctx context.Context, l line) *async.Future[[]byte] {
		return order.add(s.submit(ctx, l))
	})
	defer stream.Stop()
	lines := make(chan line)
	go readLines(work, in, s.opts.MaxLine, lines)
	var readErr error
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		defer stream.Close()
		readErr = feed(ctx, work, stream, lines)
	}()
	w := bufio.NewWriterSize(out, 64<<10)
	for answer, err := range stream.Results() {
		if err != nil {
			return err
		}
		if err := write(w, answer, order.idle()); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	}
	<-fed
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return readErr
}

func feed(ctx, work context.Context, stream *async.Stream[line, []byte], lines <-chan line) error {
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return nil
			}
			if l.err != nil && !errors.As(l.err, new(*protoError)) {
				return l.err
			}
			if err := stream.Push(work, l); err != nil {
				return nil // the answers cannot be written: Serve knows
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// write writes one answer; last says that the next one is not there yet.
func write(w *bufio.Writer, answer []byte, last bool) error {
	if _, err := w.Write(answer); err != nil {
		return err
	}
	if err := w.WriteByte('\n'); err != nil {
		return err
	}
	if last {
		return w.Flush()
	}
	return nil
}

// order has the futures of a stream beside it, to know whether the next answer is
// there: if it is, flushing can wait.
type order struct {
	queue chan *async.Future[[]byte]
	next  *async.Future[[]byte]
}

func (o *order) add(f *async.Future[[]byte]) *async.Future[[]byte] {
	o.queue <- f // has a place for each that can be in flight
	return f
}

// idle is called once for each answer.
func (o *order) idle() bool {
	if o.next == nil {
		<-o.queue // the answer that has just come
	}
	o.next = nil
	select {
	case o.next = <-o.queue:
		_, err := o.next.Result()
		return errors.Is(err, async.ErrPending)
	default:
		return true
	}
}
