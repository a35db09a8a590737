package attack

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/http2"
)

// Methods of the services that a stranger finds.
const (
	tokenize   = "/mistralbridge.v1.TokenizerService/Tokenize"
	stream     = "/mistralbridge.v1.TokenizerService/TokenizeStream"
	watch      = "/grpc.health.v1.Health/Watch"
	reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
)

// call begins a call of gRPC.
func (f *frames) call(end bool, path string, headers ...string) uint32 {
	return f.open(end, f.block(path, append([]string{"content-type", "application/grpc", "te", "trailers"}, headers...)...))
}

// message is one of gRPC that announces size bytes and has these.
func message(flag byte, size uint32, text string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{flag}, size), text...)
}

// field is one of protobuf that holds text or bytes.
func field(number byte, text string) string {
	return string(binary.AppendUvarint([]byte{number<<3 | 2}, uint64(len(text)))) + text
}

func whole(text string) []byte { return message(0, uint32(len(text)), text) }

// calls are attacks with calls of gRPC that are not finished.
func calls() (all []Attack) {
	stay := func(name string, do func(*Target, *frames)) {
		all = append(all, Attack{Name: name, Lasts: strings.HasPrefix(name, "watches"), Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for range 100 {
					do(t, f)
				}
				return awaitAnswer(f)
			})
		}})
	}
	stay("calls without a message", func(_ *Target, f *frames) { f.call(false, tokenize) })
	stay("streams of calls without a message", func(_ *Target, f *frames) { f.call(false, stream) })
	stay("calls of llm-d without a message", func(_ *Target, f *frames) { f.call(false, "/tokenization.TokenizationService/Tokenize") })
	stay("watches without a message", func(_ *Target, f *frames) { f.call(false, watch) })
	stay("reflections without a message", func(_ *Target, f *frames) { f.call(false, reflection) })
	stay("calls of nothing without a message", func(_ *Target, f *frames) { f.call(false, "/x.Y/Z") })
	stay("calls with half a head", func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, tokenize), false, message(0, 100, "")[:3]) })
	stay("calls with half a message", func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, tokenize), false, message(0, 100, "half")) })
	stay("calls that announce the largest", func(t *Target, f *frames) {
		_ = f.WriteData(f.call(false, tokenize), false, message(0, uint32(t.MaxBody), "x"))
	})
	stay("a message without the end of its call", func(_ *Target, f *frames) {
		_ = f.WriteData(f.call(false, tokenize), false, whole(field(2, "ab")))
	})
	stay("streams of calls that go on", func(_ *Target, f *frames) {
		_ = f.WriteData(f.call(false, stream), false, whole(field(1, field(2, "ab"))))
	})
	stay("watches", func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, watch), true, whole("")) })
	stay("watches that go on", func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, watch), false, whole("")) })
	stay("watches of what is not there", func(_ *Target, f *frames) {
		_ = f.WriteData(f.call(false, watch), true, whole(field(1, strings.Repeat("x", 10_000))))
	})
	all = append(all, Attack{Name: "watches of a long name", Run: func(t *Target) error {
		name := whole(field(1, strings.Repeat("x", t.MaxBody-100)))
		return t.each(4, func(f *frames) error {
			for range 50 {
				f.data(f.call(false, watch), true, name)
				if err := awaitAnswer(f); err != nil {
					return err
				}
			}
			return nil
		})
	}, Lasts: true})
	stay("reflections that go on", func(_ *Target, f *frames) {
		_ = f.WriteData(f.call(false, reflection), false, whole(field(7, "*")))
	})
	stay("calls whose time is over", func(_ *Target, f *frames) { f.call(false, tokenize, "grpc-timeout", "1n") })
	stay("calls whose time does not end", func(_ *Target, f *frames) { f.call(false, tokenize, "grpc-timeout", "99999999H") })
	many := func(name string, do func(*Target, *frames)) {
		all = append(all, Attack{Name: name, Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for i := range 500 {
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
	many("calls that are reset", func(_ *Target, f *frames) { _ = f.WriteRSTStream(f.call(false, tokenize), http2.ErrCodeCancel) })
	many("messages of calls that are reset", func(_ *Target, f *frames) {
		id := f.call(false, tokenize)
		_ = f.WriteData(id, false, message(0, 50_000, strings.Repeat("x", 8<<10)))
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	many("watches that are reset", func(_ *Target, f *frames) {
		id := f.call(false, watch)
		_ = f.WriteData(id, true, whole(""))
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	many("streams of calls that are reset", func(_ *Target, f *frames) {
		id := f.call(false, stream)
		_ = f.WriteData(id, false, whole(field(1, field(2, "ab"))))
		_ = f.WriteRSTStream(id, http2.ErrCodeCancel)
	})
	return all
}

// ended is a call with a status that must be one of these; see answers for what a server may say instead.
func (t *Target) ended(f *frames, id uint32, want ...string) error {
	o, err := f.awaitEnds(1)
	if err != nil {
		return err
	}
	got := o.statuses[id]
	if code, ok := o.resets[id]; ok && got == "" {
		got = "reset " + code.String()
	}
	if o.closed && got == "" {
		got = "closed"
	}
	if slices.Contains(want, got) || t.Refuses && got == "grpc 16" || t.Crowded && got == "grpc 8" {
		return nil
	}
	return fmt.Errorf("%q instead of %q", got, want)
}
