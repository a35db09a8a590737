package attack

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/net/http2"
)

// awaitAnswer is for attacks that the server may answer in any way, as long as it does.
func awaitAnswer(f *frames) error {
	_, err := f.awaitPing()
	return err
}

// floods are attacks with frames of HTTP/2 that begin no request.
func floods() []Attack {
	const some = 20_000
	return []Attack{
		{Name: "headers that go on", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				part := bytes.Clone(f.fields("x", strings.Repeat("x", 16<<10-64)))
				for range 200 {
					_ = f.WriteContinuation(1, false, part)
				}
				return awaitClose(f)
			})
		}},
		{Name: "headers that go on with nothing", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				for range some {
					_ = f.WriteContinuation(1, false, nil)
				}
				f.flush()
				return nil
			})
		}},
		{Name: "headers that wait", Run: func(t *Target) error {
			return t.each(50, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				f.flush()
				return nil
			})
		}},
		{Name: "headers that unpack to more", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				f.open(true, f.block("/livez", "x", strings.Repeat("x", 3900)))
				for range 20 { // of the table's one entry, a byte each
					f.open(true, append(bytes.Clone(f.block("/livez")), bytes.Repeat([]byte{0xbe}, 12_000)...))
				}
				return awaitAnswer(f)
			})
		}},
		{Name: "headers that change the table", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				f.open(true, append(bytes.Repeat([]byte{0x20, 0x3f, 0xe1, 0x1f}, 3000), f.block("/livez")...))
				return awaitAnswer(f)
			})
		}},
		{Name: "headers of a number without an end", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				f.open(true, append([]byte{0x7f}, bytes.Repeat([]byte{0xff}, 10_000)...))
				return awaitClose(f)
			})
		}},
		{Name: "a frame larger than the limit", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				head := append(binary.BigEndian.AppendUint32(nil, 0xffffff<<8|uint32(http2.FrameData)), 0, 0, 0, 0, 1)
				f.flush()
				write(f.conn, string(head)+"x")
				return awaitClose(f)
			})
		}},
		{Name: "a frame that does not come", Run: func(t *Target) error {
			return t.each(50, func(f *frames) error {
				f.flush()
				write(f.conn, "\x00\x10\x00\x00\x00\x00\x00\x00\x01x")
				return nil
			})
		}},
		{Name: "a window beyond all", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteWindowUpdate(0, 1<<31-1)
				_ = f.WriteWindowUpdate(0, 1<<31-1)
				return awaitClose(f)
			})
		}},
		{Name: "a promise to the server", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: f.block("/"), EndHeaders: true})
				return awaitClose(f)
			})
		}},
		{Name: "data of no stream", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteData(7, false, []byte("x"))
				return awaitClose(f)
			})
		}},
		{Name: "a stream of the server's", Run: func(t *Target) error {
			return t.each(1, func(f *frames) error {
				f.next = 2
				f.open(true, f.block("/livez"))
				return awaitClose(f)
			})
		}},
		{Name: "a preface alone", Run: func(t *Target) error {
			for range 50 {
				c, err := t.dial()
				if err != nil {
					return err
				}
				write(c, http2.ClientPreface)
			}
			return nil
		}},
		{Name: "connections of HTTP/2 that wait", Run: func(t *Target) error {
			return t.each(100, awaitAnswer)
		}},
	}
}
