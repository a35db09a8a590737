package preemptible_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge/internal/preemptible"
)

func TestAppend(t *testing.T) {
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, 200_001} {
		var b strings.Builder
		ints := make([]int32, size)
		for i := range ints {
			ints[i] = int32(i * i)
			b.WriteByte(byte('a' + i%26 + i/1000%3))
		}
		s := b.String()
		for _, room := range []int{0, size / 2, size + 1} {
			head := append(make([]byte, 0, 4+room), "head"...)
			assert.True(t, "head"+s == string(preemptible.Append(head, s)), size)
			assert.True(t, "head"+s == string(preemptible.Append(head, []byte(s))), size)
		}
		assert.Equal(t, ints, preemptible.Clone(ints))
	}
}

// What has room is not copied anywhere else.
func TestAppend_inPlace(t *testing.T) {
	dst := make([]byte, 1, 1+100_000)
	got := preemptible.Append(dst, make([]byte, 100_000))
	assert.Same(t, &dst[0], &got[0])
}
