package attack

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/net/http2"
)

// unread are attacks by those who have the server answer and do not read what it says, or who say so much that it
// has no time to end.
func unread() (all []Attack) {
	many := func(name string, n int, do func(f *frames, i int)) Attack {
		return Attack{Name: name, Run: func(t *Target) error {
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
	const some = 12_000 // frames: net/http keeps 10,000 that it has to send
	all = []Attack{
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
		{Name: "messages of nothing", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				id := f.call(false, stream)
				for range 100 {
					_ = f.WriteData(id, false, []byte(strings.Repeat(string(whole("")), 100)))
					f.flush()
				}
				return awaitAnswer(f)
			})
		}},
		{Name: "reflections of which no answer is read", Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				id := f.call(false, reflection)
				for range 20 {
					_ = f.WriteData(id, false, []byte(strings.Repeat(string(whole(field(4, "mistralbridge.v1.TokenizerService"))), 50)))
					f.flush()
				}
				return nil
			})
		}},
	}
	none := http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0}
	little := http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1}
	for _, a := range []struct {
		name    string
		setting http2.Setting
		do      func(*Target, *frames)
	}{
		{"probes in a window of nothing", none, func(_ *Target, f *frames) {
			f.open(true, f.fields(":method", "GET", ":scheme", "http", ":path", "/livez"))
		}},
		{"requests in a window of nothing", none, func(_ *Target, f *frames) {
			_ = f.WriteData(f.open(false, f.block("/tokenize", "content-type", "application/json")), true, []byte(`{"prompt":"ab"}`))
		}},
		{"requests in a window of a byte", little, func(_ *Target, f *frames) {
			_ = f.WriteData(f.open(false, f.block("/tokenize", "content-type", "application/json")), true, []byte(`{"prompt":"ab"}`))
		}},
		{"pages in a window of a byte", little, func(_ *Target, f *frames) {
			f.open(true, f.fields(":method", "GET", ":scheme", "http", ":path", "/metrics"))
		}},
		{"calls in a window of nothing", none, func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, tokenize), true, whole(field(2, "ab"))) }},
		{"streams of calls in a window of nothing", none, func(_ *Target, f *frames) {
			_ = f.WriteData(f.call(false, stream), false, whole(field(1, field(2, "ab"))))
		}},
		{"watches in a window of nothing", none, func(_ *Target, f *frames) { _ = f.WriteData(f.call(false, watch), true, whole("")) }},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			return t.each(4, func(f *frames) error {
				for range 50 {
					a.do(t, f)
				}
				f.flush()
				return nil
			}, a.setting)
		}})
	}
	// What HTTP/2 takes in for a stream of which nobody reads is held until the stream has ended.
	more := make([]byte, 200<<10)
	for _, a := range []struct {
		name string
		do   func(*frames)
	}{
		{"bodies behind refusals in a window of nothing", func(f *frames) { f.data(f.open(false, f.block("/nowhere")), false, more) }},
		{"bodies behind probes in a window of nothing", func(f *frames) {
			f.data(f.open(false, f.fields(":method", "GET", ":scheme", "http", ":path", "/livez")), false, more)
		}},
		{"bodies behind calls of nothing in a window of nothing", func(f *frames) { f.data(f.call(false, "/x.Y/Z"), false, more) }},
		{"messages behind calls in a window of nothing", func(f *frames) {
			f.data(f.call(false, tokenize), false, append(whole(field(2, "ab")), more...))
		}},
		{"messages behind streams in a window of nothing", func(f *frames) {
			f.data(f.call(false, stream), false, append(bytes.Repeat(whole(field(1, field(2, "ab"))), 100), more...))
		}},
		{"messages behind reflections in a window of nothing", func(f *frames) {
			f.data(f.call(false, reflection), false, append(bytes.Repeat(whole(field(7, "*")), 100), more...))
		}},
		{"messages behind watches in a window of nothing", func(f *frames) { f.data(f.call(false, watch), false, append(whole(""), more...)) }},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			return t.each(20, func(f *frames) error {
				for range 18 {
					a.do(f)
				}
				f.flush()
				return nil
			}, none)
		}})
	}
	return append(all, waiting(
		text{"pipelined probes", 4, func(*Target) string { return strings.Repeat("GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 10_000) }},
		text{"pipelined requests", 4, func(t *Target) string {
			return strings.Repeat(t.post("/tokenize")+"Content-Length: 15\r\n\r\n"+`{"prompt":"ab"}`, 1000)
		}},
		text{"pipelined pages", 4, func(*Target) string { return strings.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 1000) }},
		text{"a large answer", 8, func(t *Target) string {
			body := `{"prompt":"` + strings.Repeat("a b ", t.MaxBody/5) + `"}`
			return t.post("/tokenize") + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
		}},
	)...)
}
