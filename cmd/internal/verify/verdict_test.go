package verify

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerdict(t *testing.T) {
	passed, failed, open := Verdict{Judged: true, Pass: true}, Verdict{Judged: true}, Verdict{Reason: "the machine is busy"}
	report := func(stall Verdict, exact bool, overheads ...Verdict) *Report {
		one := TokenizerReport{Responsiveness: Responsiveness{Verdict: stall}, Exactness: []Exactness{{Pass: exact}}}
		pass := exact && !stall.failed()
		for _, v := range overheads {
			one.Overhead = append(one.Overhead, Overhead{Verdict: v})
			pass = pass && !v.failed()
		}
		return &Report{Tokenizers: []TokenizerReport{one}, Pass: pass}
	}
	for i, c := range []struct {
		report *Report
		want   string
	}{
		{report(passed, true, passed), "✓ ALL TESTS PASSED - exact, never stalls, less than 5 % slower than Python calling itself"},
		{report(passed, true, passed, open, open), "✓ ALL TESTS PASSED - exact, never stalls (not judged on a busy machine: overhead in 2 of 3)"},
		{report(open, true, open), "✓ ALL TESTS PASSED - exact (not judged on a busy machine: stalls in 1 of 1, overhead in 1 of 1)"},
		{report(open, false, passed), "✗ SOME TESTS FAILED - not exact, less than 5 % slower than Python calling itself (not judged on a busy machine: stalls in 1 of 1)"},
		{report(failed, true, failed, open), "✗ SOME TESTS FAILED - exact, stalls, 5 % or more slower than Python calling itself (not judged on a busy machine: overhead in 1 of 2)"},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			assert.Equal(t, c.want, c.report.verdict())
		})
	}
}

func TestPrinter_notJudged(t *testing.T) {
	var out bytes.Buffer
	p := &Printer{&out}
	v := Verdict{Reason: "the machine is busy: others took 1.8 of 2 processors", Busy: true, Load: Load{Processors: 2, Others: 1.8}}
	p.overhead(Overhead{KB: 1, Rounds: 10, ReferenceUS: 100, AsyncUS: 156, Sync: 0.5, Async: 0.56, Verdict: v})
	p.responsiveness(Responsiveness{KB: 500, GapMaxMS: 120, Verdict: v})
	assert.Equal(t, "    1 KB payload: not judged: the machine is busy: others took 1.8 of 2 processors - "+
		"Overhead: +56.0% (sync: 0.000100s, async: 0.000156s; Go sync +50.0%; 10 rounds)\n"+
		"  Event loop: not judged: the machine is busy: others took 1.8 of 2 processors "+
		"(longest of 0 gaps 120.0 ms, without the call 0.0 ms; 500 KB in 0.0 ms)\n", out.String())

	out.Reset()
	v.Reason, v.Judged, v.Pass = "", true, true
	p.overhead(Overhead{KB: 1, Verdict: v})
	assert.Contains(t, out.String(), "✓ PASS - Overhead")
	assert.Contains(t, out.String(), "the machine is busy (others took 1.8 of 2 processors): waiting for processors is left out")

	text, err := json.Marshal(Overhead{Verdict: v})
	require.NoError(t, err)
	for _, part := range []string{`"judged":true`, `"pass":true`, `"busy":true`, `"load":{"processors":2,"others":1.8,"stolen":0,"lost":0}`} {
		assert.Contains(t, string(text), part)
	}
}
