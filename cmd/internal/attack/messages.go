package attack

import (
	"strings"

	"golang.org/x/net/http2"
)

// messages are attacks with what a call of gRPC says.
func messages() (all []Attack) {
	for _, a := range []struct {
		name    string
		path    string
		headers []string
		data    func(*Target) []byte
		end     bool
		want    []string
	}{
		{"a message of 4 GiB", tokenize, nil, func(*Target) []byte { return message(0, 1<<32-1, "x") }, false, []string{"grpc 8"}},
		{"a message that is too large", tokenize, nil, func(t *Target) []byte { return message(0, uint32(t.MaxBody+1), "x") }, false, []string{"grpc 8"}},
		{"a packed message of 4 GiB", tokenize, []string{"grpc-encoding", "gzip"}, func(*Target) []byte { return message(1, 1<<32-1, "x") }, false, []string{"grpc 8"}},
		{"a message that is a bomb", tokenize, []string{"grpc-encoding", "gzip"}, func(t *Target) []byte {
			bomb := string(gzipped(make([]byte, 10*t.MaxBody)))
			return message(1, uint32(len(bomb)), bomb)
		}, true, []string{"grpc 8"}},
		{"a watch that is a bomb", watch, []string{"grpc-encoding", "gzip"}, func(t *Target) []byte {
			bomb := string(gzipped(make([]byte, 10*t.MaxBody)))
			return message(1, uint32(len(bomb)), bomb)
		}, true, []string{"grpc 8"}},
		{"a packing that there is not", tokenize, []string{"grpc-encoding", "snappy"}, func(*Target) []byte { return message(1, 3, "abc") }, true, []string{"grpc 12"}},
		{"a packing in capitals", tokenize, []string{"grpc-encoding", "GZIP"}, func(t *Target) []byte {
			bomb := string(gzipped(make([]byte, 10*t.MaxBody)))
			return message(1, uint32(len(bomb)), bomb)
		}, true, []string{"grpc 8", "grpc 12"}},
		{"a packed message of no packing", tokenize, nil, func(*Target) []byte { return message(1, 3, "abc") }, true, []string{"grpc 13", "grpc 12"}},
		{"a message that is not packed", tokenize, []string{"grpc-encoding", "gzip"}, func(*Target) []byte { return message(1, 3, "abc") }, true, []string{"grpc 13"}},
		{"a message of another flag", tokenize, nil, func(*Target) []byte { return message(7, 3, "abc") }, true, []string{"grpc 13"}},
		{"a message that is cut", tokenize, nil, func(*Target) []byte { return message(0, 100, "abc") }, true, []string{"grpc 13"}},
		{"two messages of one call", tokenize, nil, func(*Target) []byte { return append(whole(""), whole("")...) }, true, []string{"grpc 0", "grpc 3", "grpc 13"}},
		{"a message that is none", tokenize, nil, func(*Target) []byte { return whole(strings.Repeat("\xff", 1000)) }, true, []string{"grpc 13", "grpc 3"}},
		{"fields without an end", tokenize, nil, func(t *Target) []byte { return whole(strings.Repeat("\x0b", t.MaxBody/2)) }, true, []string{"grpc 13", "grpc 3"}},
		{"text that is none", tokenize, nil, func(*Target) []byte { return whole(field(2, "\xff\xfe")) }, true, []string{"grpc 13", "grpc 3"}},
		{"a method that there is not", "/x.Y/Z", nil, func(*Target) []byte { return whole("") }, true, []string{"grpc 12"}},
		{"a method that is none", "/x", nil, func(*Target) []byte { return whole("") }, true, []string{"grpc 12"}},
		{"a method of a long name", "/" + strings.Repeat("x", 12_000) + "/y", nil, func(*Target) []byte { return whole("") }, true, []string{"grpc 12"}},
		{"metadata", tokenize, []string{"x", strings.Repeat("x", 12_000)}, func(*Target) []byte { return whole("") }, true, []string{"grpc 0", "grpc 3"}},
		{"metadata that does not fit", tokenize, []string{"x", strings.Repeat("x", 1<<20)}, func(*Target) []byte { return whole("") }, true, []string{"431", "closed"}},
		{"metadata that is not packed", tokenize, []string{"x-bin", "%%%"}, func(*Target) []byte { return whole("") }, true, []string{"grpc 13", "400"}},
		{"a time that is none", tokenize, []string{"grpc-timeout", "soon"}, func(*Target) []byte { return whole("") }, true, []string{"grpc 13", "400"}},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				block := f.block(a.path, append([]string{"content-type", "application/grpc", "te", "trailers"}, a.headers...)...)
				id := f.large(block)
				f.flush()
				f.data(id, a.end, a.data(t))
				return t.ended(f, id, a.want...)
			})
		}})
	}
	return append(all,
		Attack{Name: "messages a byte at a time", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				id := f.call(false, tokenize)
				text := strings.Repeat("\xff", 10_000)
				for _, b := range whole(text) {
					_ = f.WriteData(id, false, []byte{b})
				}
				return t.ended(f, id, "grpc 13")
			})
		}},
	)
}

// large begins a stream with headers of whatever size.
func (f *frames) large(block []byte) uint32 {
	id := f.next
	f.next += 2
	const most = 16 << 10
	first := block[:min(most, len(block))]
	block = block[len(first):]
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndHeaders: len(block) == 0})
	for len(block) > 0 {
		part := block[:min(most, len(block))]
		block = block[len(part):]
		_ = f.WriteContinuation(id, len(block) == 0, part)
		f.flush()
	}
	return id
}

// data sends data of whatever size.
func (f *frames) data(id uint32, end bool, data []byte) {
	const most = 16 << 10
	for len(data) > most {
		_ = f.WriteData(id, false, data[:most])
		data = data[most:]
		f.flush()
	}
	_ = f.WriteData(id, end, data)
}
