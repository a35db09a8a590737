package attack

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// packed are bodies whose packing is the attack.
func packed() (all []Attack) {
	for _, a := range []struct {
		name, encoding string
		make           func(*Target) []byte
		want           int
	}{
		{"a bomb of gzip", "gzip", func(t *Target) []byte { return gzipped(make([]byte, 100*t.MaxBody)) }, 413},
		{"a bomb of zstd", "zstd", func(t *Target) []byte { return zstandard(make([]byte, 100*t.MaxBody)) }, 413},
		{"many bombs in one", "gzip", func(t *Target) []byte { return bytes.Repeat(gzipped(make([]byte, t.MaxBody/8)), 9) }, 413},
		{"many frames in one", "zstd", func(t *Target) []byte { return bytes.Repeat(zstandard(make([]byte, t.MaxBody/8)), 9) }, 413},
		{"members with nothing in them", "gzip", func(t *Target) []byte { return bytes.Repeat(gzipped(nil), t.MaxBody/8) }, 413},
		{"frames that are to be skipped", "zstd", func(t *Target) []byte { return bytes.Repeat(skipped(1000), t.MaxBody/900) }, 413},
		{"a frame that announces the largest", "zstd", func(*Target) []byte {
			return binary.LittleEndian.AppendUint64([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0}, 1<<62) // no window: as large as what it holds
		}, 400},
		{"a frame of a dictionary", "zstd", func(*Target) []byte {
			return []byte{0x28, 0xb5, 0x2f, 0xfd, 0x23, 0x01, 0x02, 0x03, 0x04, 0x02, 0x01, 0x00, 0x00}
		}, 400},
		{"a name without an end", "gzip", func(t *Target) []byte {
			return append([]byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255}, bytes.Repeat([]byte("x"), t.MaxBody)...)
		}, 400},
		{"packed twice", "gzip, gzip", func(*Target) []byte { return gzipped(gzipped([]byte("{}"))) }, 415},
		{"another packing", "deflate", func(*Target) []byte { return []byte("x") }, 415},
		{"half a header of gzip", "gzip", func(*Target) []byte { return []byte{0x1f, 0x8b} }, 400},
		{"nothing of gzip", "gzip", func(*Target) []byte { return nil }, 400},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			head := t.post("/tokenize") + "Content-Encoding: " + a.encoding + "\r\n"
			body := string(a.make(t))
			if len(body) <= t.MaxBody {
				if err := t.ask(head+fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), 1, a.want); err != nil {
					return err
				}
			}
			return t.ask(head+"Transfer-Encoding: chunked\r\n\r\n"+chunks(body)+"0\r\n\r\n", 1, a.want)
		}})
	}
	return append(all, waiting(
		text{"half a bomb", 32, func(t *Target) string {
			body := string(gzipped(make([]byte, t.MaxBody)))
			return t.post("/tokenize") + fmt.Sprintf("Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:len(body)/2])
		}},
		text{"a frame of which nothing comes", 32, func(t *Target) string {
			return t.post("/tokenize") + "Content-Encoding: zstd\r\nContent-Length: 100\r\n\r\n\x28\xb5\x2f\xfd"
		}},
	)...)
}

func chunks(body string) string {
	const most = 16 << 10
	var b strings.Builder
	for len(body) > 0 {
		n := min(most, len(body))
		fmt.Fprintf(&b, "%x\r\n%s\r\n", n, body[:n])
		body = body[n:]
	}
	return b.String()
}

func gzipped(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a buffer does not fail
	_ = w.Close()
	return b.Bytes()
}

func zstandard(text []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		return nil // the options are constants
	}
	defer w.Close()
	return w.EncodeAll(text, nil)
}

// skipped is a frame of zstd that says nothing.
func skipped(n int) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte{0x50, 0x2a, 0x4d, 0x18}, uint32(n)), make([]byte, n)...)
}
