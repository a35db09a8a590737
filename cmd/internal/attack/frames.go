package attack

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// frames is a connection of HTTP/2, which writes the frames it is given. What is written goes out with flush, at once; a
// server that has closed, or reads no more, fails nothing.
type frames struct {
	*http2.Framer
	conn net.Conn
	out  *bufio.Writer
	head bytes.Buffer
	enc  *hpack.Encoder
	next uint32
}

func (t *Target) frames(settings ...http2.Setting) (*frames, error) {
	c, err := t.dial()
	if err != nil {
		return nil, err
	}
	f := &frames{conn: c, out: bufio.NewWriterSize(patientWriter{c}, 64<<10), next: 1}
	f.Framer = http2.NewFramer(f.out, c)
	f.AllowIllegalWrites = true
	f.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	f.enc = hpack.NewEncoder(&f.head)
	write(c, http2.ClientPreface)
	_ = f.WriteSettings(settings...)
	return f, nil
}

// each makes connections of HTTP/2 and has each do the same.
func (t *Target) each(n int, do func(*frames) error, settings ...http2.Setting) error {
	for range n {
		f, err := t.frames(settings...)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// block is a list of headers as HPACK has it: those of a POST, and these besides, in pairs.
func (f *frames) block(path string, headers ...string) []byte {
	return f.fields(append([]string{":method", "POST", ":scheme", "http", ":authority", "x", ":path", path}, headers...)...)
}

func (f *frames) fields(pairs ...string) []byte {
	f.head.Reset()
	for pair := range slices.Chunk(pairs, 2) {
		_ = f.enc.WriteField(hpack.HeaderField{Name: pair[0], Value: pair[1]}) // a buffer does not fail
	}
	return f.head.Bytes()
}

// open begins a stream.
func (f *frames) open(end bool, block []byte) uint32 {
	id := f.next
	f.next += 2
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndHeaders: true, EndStream: end})
	return id
}

func (f *frames) flush() { _ = f.out.Flush() }

// outcome is what came back on a connection.
type outcome struct {
	statuses map[uint32]string // by stream: of HTTP, else of gRPC
	resets   map[uint32]http2.ErrCode
	closed   bool
}

// awaitPing waits until the server has looked at all that was sent, or has closed.
func (f *frames) awaitPing() (outcome, error) {
	_ = f.WritePing(false, [8]byte{7})
	f.flush()
	return f.read(func(_ outcome, frame http2.Frame) bool {
		p, ok := frame.(*http2.PingFrame)
		return ok && p.IsAck() && p.Data == [8]byte{7}
	})
}

// awaitEnds waits until so many streams have ended.
func (f *frames) awaitEnds(n int) (outcome, error) {
	f.flush()
	return f.read(func(o outcome, _ http2.Frame) bool {
		ended := len(o.statuses)
		for id := range o.resets {
			if o.statuses[id] == "" {
				ended++
			}
		}
		return ended >= n
	})
}

func (f *frames) read(enough func(outcome, http2.Frame) bool) (outcome, error) {
	o := outcome{map[uint32]string{}, map[uint32]http2.ErrCode{}, false}
	_ = f.conn.SetReadDeadline(time.Now().Add(Patience))
	for {
		frame, err := f.ReadFrame()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return o, fmt.Errorf("neither answer nor end: %w", err)
		}
		var stream http2.StreamError
		if errors.As(err, &stream) {
			continue
		}
		if err != nil {
			o.closed = true
			return o, nil //nolint:nilerr // that is the outcome
		}
		switch frame := frame.(type) {
		case *http2.MetaHeadersFrame:
			if s := frame.PseudoValue("status"); s != "" && s != "200" {
				o.statuses[frame.StreamID] = s
			} else if s != "" && frame.StreamEnded() {
				o.statuses[frame.StreamID] = s
			}
			for _, h := range frame.RegularFields() {
				if h.Name == "grpc-status" {
					o.statuses[frame.StreamID] = "grpc " + h.Value
				}
			}
		case *http2.DataFrame:
			if frame.StreamEnded() && o.statuses[frame.StreamID] == "" {
				o.statuses[frame.StreamID] = "200"
			}
		case *http2.RSTStreamFrame:
			o.resets[frame.StreamID] = frame.ErrCode
		}
		if enough(o, frame) {
			return o, nil
		}
	}
}

// awaitClose is an error where the server has not closed the connection.
func awaitClose(f *frames) error {
	o, err := f.awaitPing()
	if err == nil && !o.closed {
		_ = f.conn.SetReadDeadline(time.Now().Add(Patience))
		if _, err = io.Copy(io.Discard, f.conn); errors.Is(err, os.ErrDeadlineExceeded) {
			return fmt.Errorf("the connection was left open: %w", err)
		}
		return nil
	}
	return err
}
