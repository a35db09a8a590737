package jsonenc_test

import (
	"strings"
	"testing"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
)

func BenchmarkAppendString(b *testing.B) {
	for name, s := range map[string]string{
		"words": strings.Repeat("word ", 20_000),
		"code":  strings.Repeat("\tif err != nil {\n\t\treturn \"x\"\n\t}\n", 3_000),
		"cjk":   strings.Repeat("今日は天気", 6_000),
	} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 2*len(s))
			b.SetBytes(int64(len(s)))
			b.ReportAllocs()
			for b.Loop() {
				buf = jsonenc.AppendString(buf[:0], s)
			}
		})
	}
}
