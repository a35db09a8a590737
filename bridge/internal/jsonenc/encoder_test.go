package jsonenc_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
)

// A long text is copied in pieces, and is the same text.
func TestAppendString_long(t *testing.T) {
	for _, size := range []int{256<<10 - 1, 256 << 10, 256<<10 + 1, 512 << 10, 700_001} {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteByte(byte('a' + i%26 + i/1000%3))
		}
		long := b.String()
		for _, s := range []string{long, long + "\"\n" + long, "\\" + long} {
			want := `{"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`, `\`, `\\`).Replace(s) + `"`
			assert.True(t, want == string(jsonenc.AppendString([]byte("{"), s)), "%d bytes", len(s))
		}
	}
}
