package attack

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/http2"
)

// streams are attacks with requests of HTTP/2.
func streams() (all []Attack) {
	const body = `{"prompt":"ab"}`
	json := []string{"content-type", "application/json"}
	many := func(name string, n int, do func(*Target, *frames)) {
		all = append(all, Attack{Name: name, Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for i := range n {
					do(t, f)
					if i%50 == 49 {
						if o, err := f.awaitPing(); err != nil || o.closed {
							return err
						}
					}
				}
				return awaitAnswer(f)
			})
		}})
	}
	many("streams that are reset", 1000, func(_ *Target, f *frames) {
		_ = f.WriteRSTStream(f.open(false, f.block("/tokenize", json...)), http2.ErrCodeCancel)
	})
	many("bodies of streams that are reset", 1000, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", json...))
		_ = f.WriteData(id, false, []byte(strings.Repeat(" ", 8<<10)))
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	many("requests of streams that are reset", 200, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", json...))
		_ = f.WriteData(id, true, []byte(body))
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	many("streams that the server is made to reset", 200, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", json...))
		_ = f.WriteData(id, false, []byte("{"))
		_ = f.WriteWindowUpdate(id, 0)
	})
	many("streams of more than they say", 200, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", "content-type", "application/json", "content-length", "3"))
		_ = f.WriteData(id, true, []byte(body))
	})
	many("streams of less than they say", 200, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", "content-type", "application/json", "content-length", "100"))
		_ = f.WriteData(id, true, []byte(body))
	})
	many("padding", 100, func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", json...))
		for range 50 {
			_ = f.WriteDataPadded(id, false, nil, make([]byte, 255))
		}
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	stay := func(name string, do func(*Target, *frames)) {
		all = append(all, Attack{Name: name, Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for range 100 {
					do(t, f)
				}
				return awaitAnswer(f)
			})
		}})
	}
	stay("streams without a body", func(_ *Target, f *frames) { f.open(false, f.block("/tokenize", json...)) })
	stay("streams that stop", func(_ *Target, f *frames) {
		_ = f.WriteData(f.open(false, f.block("/tokenize", json...)), false, []byte("{"))
	})
	stay("streams that are announced", func(t *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", "content-type", "application/json", "content-length", fmt.Sprint(t.MaxBody)))
		_ = f.WriteData(id, false, []byte("{"))
	})
	stay("streams of a packing that stop", func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", "content-type", "application/json", "content-encoding", "gzip"))
		_ = f.WriteData(id, false, []byte{0x1f, 0x8b})
	})
	stay("streams of nothing", func(_ *Target, f *frames) {
		id := f.open(false, f.block("/tokenize", json...))
		for range 100 {
			_ = f.WriteData(id, false, nil)
		}
	})
	for _, a := range []struct {
		name   string
		fields []string
	}{
		{"a stream without a path", []string{":method", "GET", ":scheme", "http", ":authority", "x"}},
		{"a stream without a method", []string{":scheme", "http", ":authority", "x", ":path", "/livez"}},
		{"a stream with two paths", []string{":method", "GET", ":scheme", "http", ":path", "/livez", ":path", "/"}},
		{"a stream with a path that is none", []string{":method", "GET", ":scheme", "http", ":authority", "x", ":path", "livez"}},
		{"a stream with capitals", []string{":method", "GET", ":scheme", "http", ":path", "/livez", "Host", "x"}},
		{"a stream with a header of connections", []string{":method", "GET", ":scheme", "http", ":path", "/livez", "connection", "close"}},
		{"a stream with a line in a header", []string{":method", "GET", ":scheme", "http", ":path", "/livez", "x", "a\r\nb: c"}},
		{"a stream with another pseudo header", []string{":method", "GET", ":scheme", "http", ":path", "/livez", ":status", "200"}},
		{"a stream with chunks", []string{":method", "POST", ":scheme", "http", ":path", "/tokenize", "transfer-encoding", "chunked"}},
		{"a stream with more headers than fit", append([]string{":method", "GET", ":scheme", "http", ":path", "/livez"}, slices.Repeat([]string{"a", "b"}, 5000)...)},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				f.open(true, f.fields(a.fields...))
				o, err := f.awaitEnds(1)
				if err == nil && o.statuses[1] == "200" {
					return fmt.Errorf("it was answered")
				}
				return err
			})
		}})
	}
	return all
}
