package conformance

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance/corpus"
)

// nasty is what a program may bring into a report.
const nasty = "</code><script>alert(1)</script> & \"'` ]]> \x00 \x1b[31m \u2028 \ufffe \xff | \\ ✗\n\t"

func sample() *Report {
	return &Report{
		Corpus: "corpus 1", Cases: 2, Python: "3.14.6", Packages: map[string]string{"mistral-common": "1.13.1"},
		Entries: []*Entry{
			{Name: "exact", Version: "1.0", Command: "exact", Judged: true, Score: Score{4, 4}, Tokenizers: []*TokenizerResult{
				{Name: "v3", Score: Score{4, 4}, Cells: []Cell{{corpus.Code, Encode, Score{2, 2}}, {corpus.Code, Decode, Score{2, 2}}}, Speed: 1.25},
			}},
			{Name: nasty, Command: nasty, Score: Score{1, 4}, Tokenizers: []*TokenizerResult{{
				Name: "v3", Score: Score{1, 4}, Note: nasty, Cells: []Cell{{corpus.Code, Encode, Score{0, 2}}, {corpus.Chat, Chat, Score{1, 2}}},
				Failures: []*Failure{
					{Category: corpus.Code, Op: Encode, Kind: Wrong, Count: 2, Input: nasty, Text: nasty, Tokens: &Difference{
						At: 1, Before: []Token{{1, nasty}}, Want: []Token{{2, `"▁x"`}}, Got: nil,
					}},
					{Category: corpus.Chat, Op: Chat, Kind: Crash, Count: 1, Input: `{"messages": []}`, Text: nasty},
				},
			}}},
			{Name: "absent", Command: "absent", Note: nasty},
		},
	}
}

// wellFormed reads XML to its end and returns its text.
func wellFormed(t *testing.T, page []byte) string {
	t.Helper()
	var text strings.Builder
	d := xml.NewDecoder(bytes.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		require.NoError(t, err, "%s", page)
		if start, ok := token.(xml.StartElement); ok {
			assert.NotEqual(t, "script", start.Name.Local)
		}
		if data, ok := token.(xml.CharData); ok {
			text.Write(data)
		}
	}
}

func TestReport_WritePage(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample().WritePage(&b))
	text := wellFormed(t, b.Bytes())
	for _, want := range []string{"exact 1.0 — 100 %", "25.0 %", "0/2", "the end", "<script>alert(1)", "did not run", "1.2× the reference's time", "mistral-common 1.13.1"} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, b.String(), "<script")
	for _, outside := range []string{"src=", "href=\"http", "@import", "url("} {
		assert.NotContains(t, b.String(), outside, "the page needs nothing else")
	}
}

func TestReport_WriteJUnit(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample().WriteJUnit(&b))
	wellFormed(t, b.Bytes())
	var all junitSuites
	require.NoError(t, xml.Unmarshal(b.Bytes(), &all))
	require.Len(t, all.Suites, 3)
	assert.Equal(t, "exact 1.0, v3", all.Suites[0].Name)
	assert.Zero(t, all.Suites[0].Failures)
	assert.Equal(t, 2, all.Suites[1].Failures)
	assert.Equal(t, "0 of 2", all.Suites[1].Cases[0].Failure.Message)
	assert.Contains(t, all.Suites[1].Cases[0].Failure.Text, "2 wrong; smallest")
	assert.Equal(t, 1, all.Suites[2].Failures, "what did not run has failed")
}

func TestReport_WriteJSON(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample().WriteJSON(&b))
	var back Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &back))
	assert.Equal(t, sample().Entries[0], back.Entries[0])
	assert.Equal(t, Wrong, back.Entries[1].Tokenizers[0].Failures[0].Kind)
}

func TestReport_WriteText(t *testing.T) {
	var b bytes.Buffer
	r := sample()
	r.Entries[1].Name = "nasty"
	require.NoError(t, r.WriteText(&b))
	for _, c := range strings.ReplaceAll(b.String(), "\n", "") {
		require.True(t, c >= ' ' && c != 0x7f && c != 0xfffe, "%q", c)
	}
	for _, want := range []string{"exact 1.0  100 %", "2 wrong", "token 1: after", "absent  –"} {
		assert.Contains(t, b.String(), want)
	}
}

func TestReport_WriteMarkdown(t *testing.T) {
	var b bytes.Buffer
	r := sample()
	r.Entries[1].Name = "nasty"
	require.NoError(t, r.WriteMarkdown(&b))
	rows := 0
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "| exact") || strings.HasPrefix(line, "| nasty") || strings.HasPrefix(line, "| absent") || strings.HasPrefix(line, "| program") {
			rows++
			assert.Equal(t, len(corpus.Categories())+5, strings.Count(line, "|"), line)
		}
	}
	assert.Equal(t, 4, rows)
	assert.Contains(t, b.String(), "## Adding an implementation")
}

// 100 % is never what rounding makes of less.
func TestPercent(t *testing.T) {
	assert.Equal(t, "99.9 %", percent(Score{999_999, 1_000_000}))
	assert.Equal(t, "100 %", percent(Score{3, 3}))
	assert.Equal(t, "0.0 %", percent(Score{0, 3}))
	assert.Equal(t, "–", percent(Score{}))
}

func TestReport_Pass(t *testing.T) {
	r := sample()
	assert.True(t, r.Pass(1), "only what is judged counts")
	r.Entries[0].Score = Score{99, 100}
	assert.False(t, r.Pass(1))
	assert.True(t, r.Pass(0.99))
}

func TestReport_WriteFile(t *testing.T) {
	dir := t.TempDir()
	for end := range writers {
		path := filepath.Join(dir, "report"+end)
		require.NoError(t, sample().WriteFile(path))
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Greater(t, info.Size(), int64(100), end)
	}
	require.ErrorContains(t, sample().WriteFile(filepath.Join(dir, "report.pdf")), "a report ends in")
}
