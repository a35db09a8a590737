package bulk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// python is the interpreter that a user gets.
func python(t *testing.T) *bridge.Environment {
	env, err := bridge.Setup(t.Context(), bridge.WithDistribution(bundled.Python()))
	require.NoError(t, err)
	return env
}

// realCorpus has what JSON and text can have, and what goes wrong with them.
func realCorpus(t *testing.T) []string {
	dir := t.TempDir()
	text := strings.Repeat("The quick brown fox, naïve façade — 東京 👍🏽\\n\\tfunc f(x) { return x; }  \\u00e9\\ud83d\\ude00 <s>[INST] ", 3)
	var a, b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&a, "{\"id\": %d, \"body\": \"%d %s\", \"meta\": {\"body\": [NaN, 1e400]}}\n", i, i, text[:10+i%90]+strings.Repeat("x", i%7))
		fmt.Fprintf(&b, "{\"body\":\"%s %d\"}\r\n", strings.Repeat("many words ", i%50), i)
	}
	a.WriteString("{\"body\": \"\\ud800\"}\n{\"body\": 5}\nno\n\n{\"body\": \"" + strings.Repeat(" ", 1_000_001) + "\"}\n{\"body\": \"\"}\n{\"body\": \"\xff\"}\n{\"text\": \"\"}\n")
	a.WriteString("{\"body\": \"" + strings.Repeat("A long one. ", 30_000) + "\"}\n")
	var packed bytes.Buffer
	for _, part := range []string{b.String()[:b.Len()/3], b.String()[b.Len()/3:]} {
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(part))
		require.NoError(t, w.Close())
	}
	files := []string{filepath.Join(dir, "a.jsonl"), filepath.Join(dir, "b.jsonl.gz")}
	require.NoError(t, os.WriteFile(files[0], []byte(strings.ReplaceAll(a.String(), "\\u00e9\\", "\\u00e9 \\")), 0o600))
	require.NoError(t, os.WriteFile(files[1], packed.Bytes(), 0o600))
	return files
}

func realPlan(t *testing.T, tok *bridge.Tokenizer, name string, files []string) *plan.Plan {
	p := planned(t, files, plan.Options{Records: plan.JSONL, Field: "body", BOS: true, ShardBytes: 30_000, MaxRecord: 4 << 20})
	var err error
	p.Tokenizer, err = Identify(t.Context(), tok, name)
	require.NoError(t, err)
	return p
}

// A reader that shares no code with the writer finds what the reference, called from Python, makes of
// the same records, for a vocabulary of each size; what it refuses is what was rejected. So does verify.
func TestRun_reference(t *testing.T) {
	env := python(t)
	rt, err := bridge.Open(t.Context(), bridge.WithDistribution(bundled.Python()), bridge.WithWorkers(2), bridge.WithWaitWhenFull(), bridge.WithMemo(0))
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Close(context.Background())) }()
	files := realCorpus(t)
	for _, name := range []string{"v3-tekken", "v3"} {
		t.Run(name, func(t *testing.T) {
			tok, err := rt.Load(t.Context(), bridge.Shipped(name))
			require.NoError(t, err)
			p := realPlan(t, tok, name, files)
			require.Greater(t, len(p.Shards), 5)
			out := t.TempDir()
			dir, err := store.OpenDir(out, nil)
			require.NoError(t, err)
			require.NoError(t, Begin(dir, p))
			encode := EncodeWith(tok, p.Options)
			m, err := Run(t.Context(), Config{Dir: dir, Plan: p, Encode: encode, Parallel: 3, Limit: anyRejects})
			require.NoError(t, err)
			require.NoError(t, dir.Close())
			var rejects strings.Builder
			require.NoError(t, Rejects(at(t, out), func(r Reject) error {
				_, err := fmt.Fprintf(&rejects, "%s %d %d\n", r.File, *r.Offset, r.Length)
				return err
			}))
			read := exec.Command(env.Executable, append([]string{"testdata/read.py", out, name, "body", "true", "false"}, files...)...)
			read.Stdin = strings.NewReader(rejects.String())
			got, err := read.CombinedOutput()
			require.NoError(t, err, string(got))
			assert.Equal(t, fmt.Sprintf("%d %d %d\n", m.Counts.Documents, m.Counts.Tokens, m.Counts.Rejected), string(got))
			report, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Encode: encode, Sample: 1})
			require.NoError(t, err)
			assert.Empty(t, report.Differences)
			assert.Equal(t, m.Digest, report.Digest)
		})
	}
}

// A text that ends the process which encodes it, each time, is rejected; those beside it are not.
// Python is the real one, with a tokenizer that leaves at a certain word.
func TestRun_poison(t *testing.T) {
	env := python(t)
	venv := t.TempDir()
	made, err := exec.Command(env.Executable, "-m", "venv", "--without-pip", venv).CombinedOutput()
	require.NoError(t, err, string(made))
	sites, err := filepath.Glob(filepath.Join(venv, "lib", "python3.*", "site-packages"))
	require.NoError(t, err)
	require.Len(t, sites, 1)
	packages, err := filepath.Glob(filepath.Join(env.Dir, "lib", "python3.*", "site-packages"))
	require.NoError(t, err)
	require.Len(t, packages, 1)
	require.NoError(t, os.WriteFile(filepath.Join(sites[0], "poison.py"), []byte(`import os
import signal
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

plain = Tekkenizer.encode


def encode(self, s, bos, eos):
    if "deadly" in s:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(self, s, bos, eos)


Tekkenizer.encode = encode
`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(sites[0], "poison.pth"), []byte(packages[0]+"\nimport poison\n"), 0o600))
	rt, err := bridge.Open(t.Context(), bridge.WithPython(filepath.Join(venv, "bin", "python")), bridge.WithWorkers(2), bridge.WithWaitWhenFull(), bridge.WithoutShortcuts())
	require.NoError(t, err)
	defer func() { require.NoError(t, rt.Close(context.Background())) }()
	tok, err := rt.Load(t.Context(), bridge.Shipped("v3-tekken"))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "a.jsonl")
	require.NoError(t, os.WriteFile(file, []byte("{\"body\": \"one\"}\n{\"body\": \"deadly\"}\n{\"body\": \"two\"}\n"), 0o600))
	p := realPlan(t, tok, "v3-tekken", []string{file})
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Encode: EncodeWith(tok, p.Options), Limit: anyRejects}))
	st, err := ReadStatus(at(t, out))
	require.NoError(t, err)
	assert.Equal(t, map[Class]int64{Deadly: 1}, st.Rejected)
	assert.Equal(t, int64(2), st.Counts.Documents)
	assert.GreaterOrEqual(t, rt.Stats().WorkersCrashed, int64(workerTries))
}
