package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/cmd/internal/target"
)

func body(t *testing.T, r *mistral.ChatCompletionRequest) string {
	t.Helper()
	b, err := r.MarshalJSON()
	require.NoError(t, err)
	return string(b)
}

func TestCases_newRequests(t *testing.T) {
	for _, c := range Cases() {
		a, b := body(t, c.Make(1)), body(t, c.Make(2))
		assert.NotEqual(t, a, b, c.Name)
		if strings.Contains(c.Name, "next turn") {
			assert.Equal(t, a[:len(a)-300], b[:len(b)-300], "the history was seen before")
		} else {
			assert.NotEqual(t, a[:len(a)/2], b[:len(b)/2], c.Name)
		}
		assert.Positive(t, c.Runs*c.Block, c.Name)
	}
}

func TestText_size(t *testing.T) {
	for _, p := range pieces {
		for _, kb := range []int{1, 100} {
			n := len(text(p.piece, kb*1024, 7))
			assert.InDelta(t, kb*1024, n, float64(len(p.piece)+16), p.name)
		}
	}
}

func TestMedian(t *testing.T) {
	d := []time.Duration{5000, 1000, 3000}
	assert.InDelta(t, 3.0, median(d), 1e-9)
	assert.InDelta(t, 5.0, at(d, 1), 1e-9)
	assert.Equal(t, []time.Duration{5000, 1000, 3000}, d, "the measurements stay as they are")
	assert.Zero(t, median(nil))
}

// One small measurement on the real thing: every figure is there, and the page,
// the picture and the lines are made of it.
func TestRun(t *testing.T) {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	require.NoError(t, err)
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	require.NoError(t, err)
	report, err := Run(ctx, rt.Info(), []Named{{"v3-tekken", target.Tokenizer(tok), tok}}, Config{Filter: "words 1 KB", GapKB: []int{64}, Log: io.Discard})
	require.NoError(t, err)
	require.Len(t, report.Results, 2, "one caller and eight")
	alone := report.Results[0]
	assert.Positive(t, alone.Bridge)
	assert.Positive(t, alone.Reference)
	assert.Positive(t, alone.Core)
	assert.Positive(t, alone.Executor)
	assert.InDelta(t, alone.Bridge/alone.Reference, alone.Ratio, 1e-9)
	assert.Equal(t, 8, report.Results[1].Callers)
	require.Len(t, report.Gaps, 1)
	assert.Positive(t, report.Gaps[0].MaxMS)

	var lines, page, picture bytes.Buffer
	require.NoError(t, report.WriteJSON(&lines))
	var first Result
	require.NoError(t, json.NewDecoder(&lines).Decode(&first))
	assert.Equal(t, alone, first)
	require.NoError(t, report.WriteMarkdown(&page, "mtok bench", "x.svg"))
	assert.Contains(t, page.String(), "| v3-tekken | words 1 KB | 1 |")
	require.NoError(t, report.WriteSVG(&picture))
	for d := xml.NewDecoder(&picture); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
