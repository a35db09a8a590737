package pool_test

import (
	"encoding/binary"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// replyOf is an answer as a worker writes it.
func replyOf(body string, ints int, bufs ...string) []byte {
	r := make([]byte, wire.ReplyHeaderSize)
	r[0] = wire.Version
	binary.LittleEndian.PutUint32(r[8:], uint32(ints))
	binary.LittleEndian.PutUint32(r[12:], uint32(len(bufs)))
	binary.LittleEndian.PutUint64(r[16:], uint64(len(body)))
	binary.LittleEndian.PutUint64(r[24:], 7)
	r = append(r, body...)
	for i := range ints {
		r = binary.LittleEndian.AppendUint32(r, uint32(i*2654435761))
	}
	for _, b := range bufs {
		r = append(binary.LittleEndian.AppendUint64(r, uint64(len(b))), b...)
	}
	return r
}

// An answer is the same whether it is read as a whole or, being large, part by part.
func TestReceive_largeInParts(t *testing.T) {
	long := strings.Repeat("x", 300<<10+1)
	for n, data := range [][]byte{
		replyOf("body", 3, "buffer"), replyOf("", 100_000), replyOf("body", 65_536, "", "buffer"), replyOf(long, 0), replyOf(long, 70_001, long),
		replyOf("", 0, long, ""), replyOf("odd", 200_003, long),
	} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			want, err := wire.ParseReply(data)
			require.NoError(t, err)
			got, err := pool.ReadReply(data, len(data))
			require.NoError(t, err)
			assert.Equal(t, want.Aux, got.Aux)
			assert.Equal(t, want.Ints, got.Ints)
			assert.Equal(t, string(want.Body), string(got.Body))
			require.Len(t, got.Bufs, len(want.Bufs))
			for i := range want.Bufs {
				assert.Equal(t, string(want.Bufs[i]), string(got.Bufs[i]))
			}
			for _, come := range []int{0, 1, wire.ReplyHeaderSize, wire.ReplyHeaderSize + 1, len(data) / 2, len(data) - 1} {
				_, err := pool.ReadReply(data, come)
				require.Error(t, err, "%d of %d bytes", come, len(data))
			}
		})
	}
}

// Lengths of a large answer that cannot be true are errors, and one that no answer has is an error at once.
func TestReceive_badLengths(t *testing.T) {
	for _, at := range []int{8, 12, 16, 22} { // more ints, buffers, body than there are
		data := replyOf("body", 100_000)
		copy(data[at:min(at+4, 24)], "\xff\xff\xff\xff")
		_, err := pool.ReadReply(data, len(data))
		require.ErrorIs(t, err, wire.ErrFrame, "at %d", at)
	}
	data := append(replyOf("body", 100_000), 'x')
	_, err := pool.ReadReply(data, len(data))
	require.ErrorIs(t, err, wire.ErrFrame)
	_, err = pool.ReadReplyOf(1<<40, replyOf("", 1<<20))
	require.ErrorContains(t, err, "the length of the answer cannot be true")
}

// The numbers of a large answer are there once.
func TestReceive_largeOnce(t *testing.T) {
	const ints = 4 << 20
	data := replyOf("body", ints)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := pool.ReadReply(data, len(data))
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	assert.Len(t, r.Ints, ints)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(4*ints+4*ints/4))
}
