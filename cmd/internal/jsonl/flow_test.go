package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dialogue runs a server over pipes.
func dialogue(t *testing.T, ctx context.Context) (*io.PipeWriter, *bufio.Reader, <-chan error) {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := New(shared, Options{}).Serve(ctx, inR, outW)
		outW.Close()
		done <- err
	}()
	t.Cleanup(func() { inW.Close(); outR.Close() })
	return inW, bufio.NewReaderSize(outR, 1<<20), done
}

// TestServe_idleInput: nothing waits in a buffer for the next request.
func TestServe_idleInput(t *testing.T) {
	in, out, done := dialogue(t, t.Context())
	for i, line := range []string{load, encode(`1`, user(`"Hi"`)), "", "x", `{"id":2,"op":"info"}`} {
		_, err := io.WriteString(in, line+"\n")
		require.NoError(t, err)
		if line == "" {
			continue // a blank line has no answer
		}
		answer, err := out.ReadString('\n')
		require.NoError(t, err, i)
		require.True(t, strings.HasPrefix(answer, `{"id":`), answer)
	}
	in.Close()
	require.NoError(t, <-done)
}

// TestServe_readAhead: while Python is busy with the first, the ones
// behind it are read. Where Python is quicker than the reader gets the processor, it
// is given more to do.
func TestServe_readAhead(t *testing.T) {
	leakless(t)
	words := 100_000
	for readsAhead(t, words) <= 10 {
		words *= 4
		require.Less(t, words, 10_000_000, "no lines were read before the first long answer was written")
	}
}

// readsAhead is how many lines were read before the answer to a request of so many
// words was written.
func readsAhead(t *testing.T, words int) (ahead int64) {
	t.Helper()
	const n = 200
	var read atomic.Int64
	lines := []string{load, encode(`0`, user(`"`+strings.Repeat("word ", words)+`"`))}
	for i := 1; i < n; i++ {
		lines = append(lines, encode(fmt.Sprint(i), user(fmt.Sprintf(`"%d"`, i))), "garbage")
	}
	in := &oneByOne{lines: lines, read: &read}
	var out bytes.Buffer
	w := writerFunc(func(p []byte) (int, error) {
		if ahead == 0 && bytes.Contains(p, []byte(`{"id":0,"ok":{"tokens"`)) {
			ahead = read.Load()
		}
		return out.Write(p)
	})
	require.NoError(t, New(shared, Options{}).Serve(t.Context(), in, w))
	answers := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, answers, len(lines))
	for i := 1; i < n; i++ {
		assert.Equal(t, fmt.Sprint(i), member(t, answers[2*i], "id"))
		assert.Contains(t, answers[2*i], fmt.Sprintf(`[INST]%d[/INST]`, i))
		assert.Equal(t, `"BadLine"`, member(t, answers[2*i+1], "err", "type"))
	}
	return ahead
}

// oneByOne gives one line for each Read.
type oneByOne struct {
	lines []string
	rest  []byte
	read  *atomic.Int64
}

func (r *oneByOne) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if len(r.lines) == 0 {
			return 0, io.EOF
		}
		r.rest = []byte(r.lines[0] + "\n")
		r.lines = r.lines[1:]
		r.read.Add(1)
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestServe_drain: what was taken is answered, the input stays open, and
// Serve comes back without an error.
func TestServe_drain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, out, done := dialogue(t, ctx)
	go func() {
		_, _ = io.WriteString(in, load+"\n")
		for i := 0; ; i++ {
			if _, err := io.WriteString(in, encode(fmt.Sprint(i), user(`"Hi"`))+"\n"); err != nil {
				return
			}
		}
	}()
	for range 10 {
		_, err := out.ReadString('\n')
		require.NoError(t, err)
	}
	cancel()
	rest, err := io.ReadAll(out)
	require.NoError(t, err)
	require.NoError(t, <-done)
	answers := strings.Split(strings.TrimSuffix(string(rest), "\n"), "\n")
	for i, a := range answers {
		require.Equal(t, fmt.Sprint(i+9), member(t, a, "id"))
		require.Equal(t, `[1,3,37133,4]`, member(t, a, "ok", "tokens"), "cancelling reaches no request that was taken")
	}
}

func TestServe_writeError(t *testing.T) {
	inR, inW := io.Pipe()
	defer inW.Close()
	go func() {
		for {
			if _, err := io.WriteString(inW, "garbage\n"); err != nil {
				return
			}
		}
	}()
	broken := errors.New("broken")
	err := New(shared, Options{}).Serve(t.Context(), inR, writerFunc(func([]byte) (int, error) { return 0, broken }))
	require.ErrorIs(t, err, broken)
	inR.Close()
}

func TestServe_readError(t *testing.T) {
	broken := errors.New("broken")
	var out bytes.Buffer
	err := New(shared, Options{}).Serve(t.Context(), io.MultiReader(strings.NewReader("x\n"), iotestErr{broken}), &out)
	require.ErrorIs(t, err, broken)
	assert.Contains(t, out.String(), "BadLine", "what came before is answered")
}

type iotestErr struct{ error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.error }

func TestServe_lineLimit(t *testing.T) {
	long := encode(`2`, user(`"`+strings.Repeat("x", 200_000)+`"`))
	got := converse(t, Options{MaxLine: 1000}, load, encode(`1`, user(`"Hi"`)), long, encode(`3`, user(`"Hi"`)), long)
	require.Len(t, got, 5)
	assert.Equal(t, `null`, member(t, got[2], "id"))
	assert.Equal(t, `"LineTooLong"`, member(t, got[2], "err", "type"))
	assert.Contains(t, got[2], fmt.Sprintf("the line has %d bytes, the limit is 1000", len(long)+1))
	assert.Equal(t, `[1,3,37133,4]`, member(t, got[3], "ok", "tokens"), "the next line is served")
	assert.Equal(t, `"LineTooLong"`, member(t, got[4], "err", "type"), "also at the end")
}

func TestServe_lineOf27MB(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	words := 27 << 20 / 5
	got := converse(t, Options{}, load,
		strings.Replace(encode(`1`, user(`"`+strings.Repeat("word ", words)+`"`)), `"max":null`, `"want":["tokens"]`, 1), encode(`2`, user(`"word word word"`)))
	tokens := member(t, got[1], "ok", "tokens")
	assert.Greater(t, strings.Count(tokens, ","), words)
	short := strings.TrimSuffix(member(t, got[2], "ok", "tokens"), ",4]")
	require.NotEmpty(t, short, "the next line is served")
	assert.True(t, strings.HasPrefix(tokens, short), "%s, not %s", tokens[:40], short)
}

func TestServe_blankLines(t *testing.T) {
	assert.Equal(t, []string{""}, converse(t, Options{}))
	assert.Equal(t, []string{""}, converse(t, Options{}, "", "  ", "\t\r"))
	got := converse(t, Options{}, "\r", `{"op":"fly"}`+"\r")
	require.Len(t, got, 1)
	assert.Contains(t, got[0], "UnknownOp")
}
