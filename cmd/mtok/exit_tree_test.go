package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// least is what a command line needs for a command to get as far as its flags' values.
var least = map[string]string{
	"encode": "x", "count": "x", "decode": "1", "truncate": "-n 1 x", "split": "-n 1 x", "fit": "-n 1 {}", "bundle": "--out nowhere.tar", "grammar": "{}", "load": "host:1", "serve": "--model v3", "conformance": "--impl x",
	"run": "testdata/bulk.jsonl --out nowhere", "plan": "testdata/bulk.jsonl --out nowhere", "work": "--out nowhere --index 0 --count 1", "status": "nowhere", "cat": "nowhere 0", "merge": "nowhere --to nowhere", "retry": "nowhere --to nowhere-else", "gc": "nowhere", "stats": "nowhere", "bulk verify": "nowhere",
}

// leastOf goes by the whole path where another command has the same name.
func leastOf(c *cobra.Command) []string {
	if line, ok := least[strings.Join(strings.Fields(c.CommandPath())[1:], " ")]; ok {
		return strings.Fields(line)
	}
	return strings.Fields(least[c.Name()])
}

// tree is every command with its flags, those of its parents included.
func tree(do func(c *cobra.Command, path []string)) {
	root := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard})
	root.InitDefaultCompletionCmd()
	eachCommand(root, func(c *cobra.Command) {
		c.InheritedFlags() // merges them
		do(c, strings.Fields(c.CommandPath())[1:])
	})
}

// runHere runs a command line in this process, with nothing that may start: the context has
// ended, so what is taken for good ends with 1.
func runHere(stdin string, args ...string) (code int, out string) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var both bytes.Buffer
	code = run(ctx, args, streams{strings.NewReader(stdin), &both, &both})
	return code, both.String()
}

// What is wrong with a command line is 2 for every command and every flag there is, before
// anything is started.
func TestExitCode_usageOfEach(t *testing.T) {
	usage := func(args ...string) {
		code, out := runHere("", args...)
		assert.Equal(t, exitUsage, code, "mtok %s: %s", strings.Join(args, " "), out)
		assert.NotEmpty(t, out)
	}
	seen := map[string]int{}
	tree(func(c *cobra.Command, path []string) {
		line := func(more ...string) []string {
			return append(append(append([]string{}, path...), leastOf(c)...), more...)
		}
		usage(line("--nope")...)
		if !strings.Contains(c.Use, " ") && c.Name() != "mtok" { // it takes no arguments
			usage(append(append([]string{}, path...), "surplus")...)
		}
		if c.Name() == "help" || c.Name() == "mtok" || strings.HasPrefix(c.CommandPath(), "mtok completion") {
			return // their flags have no effect
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			line := line
			if c.Name() == "serve" && choicesOf(c, f.Name) != nil && (f.Name == "model" || f.Name == "tokenizer") {
				line = func(more ...string) []string { return append([]string{"serve"}, more...) }
			}
			kind := f.Value.Type()
			seen[kind]++
			if kind != "bool" {
				usage(line("--" + f.Name)...)
			}
			if kind != "string" && kind != "stringSlice" && kind != "stringArray" {
				usage(line("--" + f.Name + "=nothing")...)
			}
			if choicesOf(c, f.Name) != nil && f.Name != "model" && (f.Name != "tokenizer" || c.Name() == "conformance" || c.Name() == "export") {
				usage(line("--" + f.Name + "=nothing")...)
				seen["choice"]++
			}
			if kind == "stringSlice" && f.Name != "addr" {
				usage(line("--" + f.Name + "=")...)
			}
			if f.Name == "tokenizer" {
				for _, wrong := range []string{"./nope.json", "nope/tekken.json", "", "\xff"} {
					usage(line("-t", wrong)...)
				}
			}
		})
	})
	for _, kind := range []string{"bool", "int", "string", "stringSlice", "duration", "float64", "choice"} {
		assert.Positive(t, seen[kind], kind)
	}
}

// The same for what one command alone has.
func TestExitCode_usage(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("file", nil, 0o600))
	for _, line := range []string{
		"frobnicate", "help frobnicate", "load", "conformance", "serve", "encode a b", "load a:1 b:1",
		"encode @nope", "count --chat @nope", "decode @nope", "grammar @nope", "encode --user --image nope x", "count --user --audio nope x",
		"grammar --schema nope", "setup --requirements nope", "serve -t v3 --api-key-file nope", "serve -t v3 --tls-cert nope --tls-key nope",
		"conformance --adapters nope", "conformance --impl x --write nope/r.html", "bench --write nope/b.md", "load compare --write nope/l.md", "bench --write .",
		"conformance --impl x --write file/r.html",
		"verify --sizes 0", "bench --case nothing", "bench --workers 2 --case nothing", "bench --workers -1", "exec --workers -1", "serve -t v3 --workers -1",
		"conformance --impl x --timeout 0s", "load compare --rounds 0", "load host:1 --pid 999999999", "load host:1 --time 0s", "load host:1 --bytes 0",
		"setup --name x", "setup --with vllm=0.1", "serve -t v3 --max-model-len -1", "serve -t v3 --addr= ", "serve -t v3 --addr nothing",
		"serve -t v3 --addr 127.0.0.1:99999", "serve -t v3 --debug-addr nothing --addr 127.0.0.1:0", "serve -t v3 --uds nope/s --addr=", "serve -t v3,v3",
		"count --env vllm --python python3 x", "serve -t v3 --env vllm --python python3", "count --revision main x", "count --max-model-input-len 5 x",
		"truncate x", "truncate -n -1 x", "split x", "split -n 0 x", "split -n 2 --overlap 2 x", "split -n 2 --overlap -1 x", "split -n 2 --at page x", "truncate -n 1 @nope", "fit {}", "fit -n -1 {}",
		"encode --chat --openai {}", "encode --openai --user x", "encode --openai file", "encode --openai --bos {}",
		"bulk run testdata/bulk.jsonl --out nowhere --record-timeout 0s", "bulk run nope.jsonl --out nowhere", "bulk plan --out nowhere", "bulk plan testdata/bulk.jsonl", "bulk work", "bulk work --out nowhere", "bulk work x --out nowhere --index 0 --count 1", "bulk status", "bulk cat nowhere 0 --rejects", "bulk cat nowhere x", "bulk merge nowhere", "bulk retry nowhere", "bulk retry nowhere --to nowhere", "bulk retry --to x", "bulk retry nowhere --to x --workers -1", "bulk gc", "bulk stats", "bulk stats nowhere", "bulk stats nowhere --json", "bulk stats a b", "bulk gc nowhere --idle", "bulk run testdata/bulk.jsonl --out nowhere --metrics nothing", "bulk work --out nowhere --index 0 --count 1 --metrics 127.0.0.1:99999", "bulk merge nowhere --to nope/x", "bulk merge nowhere --to x",
	} {
		code, out := runHere("", strings.Fields(line)...)
		assert.Equal(t, exitUsage, code, "mtok %s: %s", line, out)
	}
	code, out := runHere("", "bench", "--case", "nothing")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, out, "chat of 20 turns, next turn", "the cases that there are")
}

// pythonless are commands that need no Python to do what they do.
var pythonless = []string{"mtok", "help", "completion", "bash", "fish", "zsh", "powershell", "load", "cache", "list", "prune", "bulk", "status"}

// A Python that cannot be used is 3, for every command that runs one.
func TestExitCode_environment(t *testing.T) {
	more := map[string][]string{"version": {"--python-info"}, "serve": {"-t", "v3", "--addr", "127.0.0.1:0"}, "exec": nil}
	tree(func(c *cobra.Command, path []string) {
		for _, name := range pythonless {
			if c.Name() == name {
				return
			}
		}
		if c.Parent().Name() == "bulk" && c.Name() != "run" && c.Name() != "plan" {
			return // it needs one where there is a run; bulk.txtar says so
		}
		args := append([]string{}, path...)
		if more[c.Name()] == nil {
			args = append(args, leastOf(c)...)
		}
		args = append(append(args, more[c.Name()]...), "--python", "/nowhere/python")
		var both bytes.Buffer
		code := run(t.Context(), args, streams{strings.NewReader(""), &both, &both})
		assert.Equal(t, exitEnvironment, code, "mtok %s: %s", strings.Join(args, " "), &both)
		assert.NotContains(t, both.String(), "msg=listening")
	})
}

// byTokenizer are the commands that load a tokenizer, with what they need besides.
var byTokenizer = map[string][]string{
	"encode": {"encode x"}, "count": {"count x", "count --openai {}"}, "decode": {"decode 1"}, "truncate": {"truncate -n 1 x"}, "split": {"split -n 1 x"}, "fit": {"fit -n 1 {}"}, "vocab": {"vocab"}, "template": {"template"},
	"grammar": {"grammar {}"}, "verify": {"verify"}, "bench": {"bench", "bench --workers 1"}, "serve": {"serve --addr 127.0.0.1:0"},
	"run": {"bulk run testdata/bulk.jsonl --out nowhere"}, "plan": {"bulk plan testdata/bulk.jsonl --out nowhere"},
	"conformance": nil, "export": nil, // they have a list of their own
}

// An unknown tokenizer is 2 in every command, and a file that is none is 4.
func TestExitCode_tokenizer(t *testing.T) {
	broken, empty := filepath.Join(t.TempDir(), "tekken.json"), t.TempDir()
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	tree(func(c *cobra.Command, _ []string) {
		if c.Flags().Lookup("tokenizer") != nil {
			assert.Contains(t, byTokenizer, c.Name())
		}
	})
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MTOK_CACHE=" + cacheDir(t)}
	for command, lines := range byTokenizer {
		for _, line := range lines {
			t.Run(line, func(t *testing.T) {
				for name, want := range map[string]int{"foo": exitUsage, broken: exitRejected, empty: exitUsage} {
					t.Run(name, func(t *testing.T) {
						if name == empty && command != line {
							return // the same code
						}
						out, code := mtok(t, env, "", append(strings.Fields(line), "-t", name)...)
						assert.Equal(t, want, code, "%s -t %s: %s", line, name, out)
						assert.NotContains(t, out, "msg=listening")
					})
				}
			})
		}
	}
}

// Input that is none is 4, for every command that takes some.
func TestExitCode_input(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MTOK_CACHE=" + cacheDir(t)}
	inputs := []string{"{", "nothing", "\xff", `{"messages": 1}`}
	for command, flags := range map[string][]string{
		"encode -t v3": {"--chat", "--openai", "--instruct", "--fim", "--transcription", "--speech"},
		"count -t v3":  {"--chat", "--openai", "--fim"}, "grammar": {""}, "decode": {""},
	} {
		for i, flag := range flags {
			stdins := inputs
			if i > 0 { // the same code reads it: one input each
				stdins = inputs[i%len(inputs):][:1]
			}
			for _, stdin := range stdins {
				out, code := mtok(t, env, stdin, strings.Fields(command+" "+flag)...)
				assert.Equal(t, exitRejected, code, "%s %s %q: %s", command, flag, stdin, out)
			}
		}
	}
	for _, line := range []string{"decode nothing", "decode 99999999999", "decode 131072", "decode -1", "decode 1.5", "grammar nothing"} {
		out, code := mtok(t, env, "", strings.Fields(line)...)
		assert.Equal(t, exitRejected, code, "%s: %s", line, out)
	}
}

// The help of mtok says the codes.
func TestHelp_exitCodes(t *testing.T) {
	code, out := runHere("", "--help")
	assert.Zero(t, code)
	for _, says := range []string{"0 ok", "1 failure", "2 usage", "3 environment", "4 the input is at fault"} {
		assert.Contains(t, out, says)
	}
	_, out = runHere("", "--version")
	assert.Equal(t, "mtok "+programVersion()+"\n", out)
}
