package wire_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

type hexBytes []byte

func (b *hexBytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}

// golden is testdata/wire/frames.json, which pyshim is tested against as well.
type golden struct {
	Requests []struct {
		Name          string
		Op            wire.Op
		Handle, Flags uint32
		Arg           int32
		Body, Frame   hexBytes
	}
	Replies []struct {
		Name   string
		Status uint16
		Flags  uint32
		Body   hexBytes
		Ints   []int32
		Bufs   []hexBytes
		Aux    uint64
		Frame  hexBytes `json:"flat"`
	}
}

func readGolden(t testing.TB) (g golden) {
	t.Helper()
	raw, err := os.ReadFile("../../../testdata/wire/frames.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &g))
	require.NotEmpty(t, g.Requests)
	require.NotEmpty(t, g.Replies)
	return g
}

func TestFrame_golden(t *testing.T) {
	for _, c := range readGolden(t).Requests {
		t.Run(c.Name, func(t *testing.T) {
			h := wire.Header{Op: c.Op, Handle: c.Handle, Flags: c.Flags, Arg: c.Arg}
			assert.Equal(t, []byte(c.Frame), wire.Frame(h, []byte(c.Body)))
			assert.Equal(t, []byte(c.Frame), wire.Frame(h, string(c.Body)))
			piecewise := wire.NewFrame(h, 0)
			for _, b := range c.Body {
				piecewise = append(piecewise, b)
			}
			assert.Equal(t, []byte(c.Frame), wire.Seal(piecewise))
			assert.Equal(t, c.Op, wire.OpOf(c.Frame))
			assert.Equal(t, c.Arg, wire.ArgOf(c.Frame))
		})
	}
	assert.Zero(t, wire.OpOf(nil))
	assert.Equal(t, wire.NoArg, wire.ArgOf(make([]byte, wire.RequestHeaderSize-1)))
	assert.Zero(t, wire.OpOf(make([]byte, wire.RequestHeaderSize-1)))
}

func TestParseReply_golden(t *testing.T) {
	for _, c := range readGolden(t).Replies {
		t.Run(c.Name, func(t *testing.T) {
			r, err := wire.ParseReply(c.Frame)
			require.NoError(t, err)
			assert.Equal(t, c.Status, r.Status)
			assert.Equal(t, c.Flags, r.Flags)
			assert.Equal(t, c.Aux, r.Aux)
			assert.Equal(t, []byte(c.Body), append([]byte{}, r.Body...))
			assert.Len(t, r.Ints, len(c.Ints))
			assert.Equal(t, append([]int32{}, c.Ints...), append([]int32{}, r.Ints...))
			require.Len(t, r.Bufs, len(c.Bufs))
			for i, b := range c.Bufs {
				assert.Equal(t, []byte(b), append([]byte{}, r.Bufs[i]...))
			}
			// In parts, as it comes from the embedded interpreter.
			var parts wire.Reply
			head := c.Frame[:wire.ReplyHeaderSize+len(c.Body)]
			require.NoError(t, parts.Assemble(head, r.Ints, r.Bufs))
			assert.Equal(t, r, parts)
		})
	}
}

func TestParseReply_truncated(t *testing.T) {
	for _, c := range readGolden(t).Replies {
		for n := range len(c.Frame) {
			_, err := wire.ParseReply(c.Frame[:n])
			require.ErrorIs(t, err, wire.ErrFrame, "%s cut at %d", c.Name, n)
		}
		_, err := wire.ParseReply(append(append([]byte{}, c.Frame...), 0))
		require.ErrorIs(t, err, wire.ErrFrame, c.Name)
	}
}

func TestReply_Assemble_errors(t *testing.T) {
	head := make([]byte, wire.ReplyHeaderSize)
	head[0] = wire.Version
	var r wire.Reply
	require.NoError(t, r.Assemble(head, nil, nil))
	require.ErrorIs(t, r.Assemble(append(head, 'x'), nil, nil), wire.ErrFrame)
	require.ErrorIs(t, r.Assemble(head, []int32{1}, nil), wire.ErrFrame)
	require.ErrorIs(t, r.Assemble(head, nil, [][]byte{{}}), wire.ErrFrame)
	head[0] = wire.Version + 1
	require.ErrorContains(t, r.Assemble(head, nil, nil), "codec version 2, this program speaks 1")
	for _, huge := range []int{8, 12, 16, 22} {
		t.Run(strconv.Itoa(huge), func(t *testing.T) { // more ints, buffers, body than there can be
			head := append([]byte{wire.Version}, make([]byte, wire.ReplyHeaderSize-1)...)
			copy(head[huge:], "\xff\xff\xff\xff")
			_, err := wire.ParseReply(head)
			require.ErrorIs(t, err, wire.ErrFrame)
		})
	}
}

func TestInt32s(t *testing.T) {
	values := []int32{0, 1, -1, 1 << 30, -1 << 31, 1<<31 - 1}
	assert.Equal(t, values, wire.Int32s(wire.AppendInt32s(nil, values)))
	assert.Nil(t, wire.Int32s(nil))
	assert.Nil(t, wire.Int32s([]byte{1, 2, 3}))
}

// FuzzParseReply: no bytes make it panic, and what it accepts has no other form.
func FuzzParseReply(f *testing.F) {
	for _, c := range readGolden(f).Replies {
		f.Add([]byte(c.Frame))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := wire.ParseReply(b)
		if err != nil {
			require.ErrorIs(t, err, wire.ErrFrame)
			return
		}
		n := wire.ReplyHeaderSize + len(r.Body) + 4*len(r.Ints)
		for _, buf := range r.Bufs {
			n += 8 + len(buf)
		}
		require.Len(t, b, n)
	})
}
