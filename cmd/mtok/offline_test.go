package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trap is a host that counts who comes, and hangs up.
func trap(t *testing.T) (address string, came *atomic.Int64) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	came = new(atomic.Int64)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	return l.Addr().String(), came
}

// trapped is an environment in which every way out leads to the trap.
func trapped(t *testing.T, address string) []string {
	url := "http://" + address
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MTOK_CACHE=" + cacheDir(t), "HF_HOME=" + t.TempDir(), "TRAP=" + address,
		"HF_ENDPOINT=" + url, "HF_HUB_DISABLE_XET=1", "PIP_INDEX_URL=" + url, "PIP_RETRIES=0", "GOPROXY=" + url, "npm_config_registry=" + url,
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + url,
	}
	for _, name := range []string{"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		env = append(env, name+"="+url)
	}
	return env
}

// offlineCase is a command line that would go out.
type offlineCase struct {
	args  string // EMPTY is a cache with nothing in it, TRAP an address
	stdin string
	code  int
	says  string // on either stream
}

const imageByURL = `{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://TRAP/a.png"}]}]}`

// offlineCases are by command; a command that is not here fails the test.
func offlineCases() map[string][]offlineCase {
	const hub = "offline: the tokenizer of 'foo/bar', from the Hugging Face hub, would have to be fetched; load its directory"
	const build = "packages would have to be fetched; run `mtok setup` without MTOK_OFFLINE"
	return map[string][]offlineCase{
		"encode": {
			{args: "encode --download -t foo/bar hi", code: 3, says: hub},
			{args: "encode -t v3-tekken-mm --fetch * --chat -", stdin: imageByURL, code: 3, says: "offline: https://TRAP/a.png would have to be fetched; send the image"},
		},
		"count": {
			{args: "count --download -t foo/bar hi", code: 3, says: hub},
			{args: "count --download --revision v1 -t foo/bar hi", code: 3, says: hub},
			{args: "count --cache EMPTY hi", code: 3, says: build},
			{args: "count --env vllm --cache EMPTY hi", code: 3, says: "mtok setup --with vllm"},
			{args: "count -t v3 hi", says: "1"},
		},
		"truncate": {{args: "truncate --download -t foo/bar --max 1 hi", code: 3, says: hub}},
		"split":    {{args: "split --download -t foo/bar --max 1 hi", code: 3, says: hub}},
		"fit":      {{args: "fit --download -t foo/bar --max 1 {}", code: 3, says: hub}},
		"decode":   {{args: "decode --download -t foo/bar 1", code: 3, says: hub}},
		"vocab":    {{args: "vocab --download -t foo/bar", code: 3, says: hub}},
		"template": {{args: "template --download -t foo/bar", code: 3, says: hub}},
		"grammar":  {{args: "grammar --download -t foo/bar {}", code: 3, says: hub}},
		"exec": {{
			args: "exec --fetch *", says: `"type":"FetchFailed"`,
			stdin: `{"id": 1, "op": "load", "args": {"name": "v3-tekken-mm"}}` + "\n" +
				`{"id": 2, "op": "encode_chat_completion", "h": "h0", "args": {"request": ` + imageByURL + "}}\n",
		}},
		"serve":   {{args: "serve --model foo/bar --download --addr 127.0.0.1:0", code: 3, says: hub}},
		"load":    {{args: "load http://TRAP", code: 3, says: "offline: the answers of http://TRAP would have to be fetched; ask the server on a Unix socket"}},
		"compare": {{args: "load compare --cache EMPTY", code: 3, says: build}},
		"setup": {
			{args: "setup --cache EMPTY", code: 3, says: build},
			{args: "setup --cache EMPTY --with vllm", code: 3, says: build},
			{args: "setup --cache EMPTY --with vllm=0.11.2", code: 3, says: "vllm"},
			{args: "setup --cache EMPTY --name x --requirements EMPTY.lock", code: 3, says: build},
		},
		"bundle": {
			{args: "bundle --cache EMPTY --out EMPTY.tar", code: 3, says: build},
			{args: "bundle --cache EMPTY --platform linux/arm64 --out EMPTY.tar", code: 3, says: "offline"},
		},
		"cache":  nil,
		"list":   {{args: "cache list --cache EMPTY", says: "there is nothing in"}},
		"prune":  {{args: "cache prune --cache EMPTY", says: "there is nothing to remove"}},
		"doctor": {{args: "doctor --cache EMPTY", code: 3, says: build}},
		"verify": {{args: "verify --cache EMPTY", code: 3, says: build}},
		"bench":  {{args: "bench --cache EMPTY", code: 3, says: build}},
		"conformance": {
			{args: "conformance --adapters EMPTY.adapters --tokenizer v3 --category numbers --no-speed", says: "offline: the adapter out would have to be fetched"},
			{args: "conformance --impl EMPTY.impl --tokenizer v3 --category numbers --no-speed", code: 1, says: "told 1 1"},
		},
		"export":  {{args: "conformance export --cache EMPTY", code: 3, says: build}},
		"version": {{args: "version --python-info", says: "python "}},
		// These never start anything.
		"run":  {{args: "bulk run testdata/bulk.jsonl --out EMPTY.bulk --download -t foo/bar", code: 3, says: hub}},
		"plan": {{args: "bulk plan testdata/bulk.jsonl --out EMPTY.bulk --download -t foo/bar", code: 3, says: hub}},
		// They read files, and load a tokenizer as run does.
		"bulk": nil, "work": nil, "status": nil, "cat": nil, "merge": nil, "retry": nil, "gc": nil, "stats": nil,
		"completion": nil, "help": nil, "mtok": nil, "bash": nil, "fish": nil, "zsh": nil, "powershell": nil,
	}
}

func TestOffline_noConnection(t *testing.T) {
	cases := offlineCases()
	root := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd("")
	eachCommand(root, func(c *cobra.Command) { assert.Contains(t, cases, c.Name(), "no case for %s", c.CommandPath()) })
	ways := []string{"--offline", "MTOK_OFFLINE=1"}
	for name, all := range cases {
		for n, one := range all {
			t.Run(name+"/"+one.args, func(t *testing.T) {
				t.Parallel()
				address, came := trap(t)
				runOffline(t, one, ways[n%len(ways)], address)
				if n == 0 { // both, for each command
					runOffline(t, one, ways[1], address)
				}
				assert.Zero(t, came.Load())
			})
		}
	}
}

func eachCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, sub := range c.Commands() {
		eachCommand(sub, do)
	}
}

func runOffline(t *testing.T, one offlineCase, way, address string) {
	empty := filepath.Join(t.TempDir(), "empty")
	lock := "idna==3.10 --hash=sha256:" + strings.Repeat("0", 64) + "\n"
	require.NoError(t, os.WriteFile(empty+".lock", []byte(lock), 0o600))
	told := "#!/bin/sh\necho told $MTOK_OFFLINE $HF_HUB_OFFLINE >&2\n"
	require.NoError(t, os.WriteFile(empty+".impl", []byte(told), 0o700))
	adapter := filepath.Join(empty+".adapters", "out")
	require.NoError(t, os.MkdirAll(adapter, 0o700))
	for _, name := range []string{"setup", "run"} {
		require.NoError(t, os.WriteFile(filepath.Join(adapter, name), []byte("#!/bin/bash\nexec 3<>/dev/tcp/${TRAP/://}\n"), 0o700))
	}
	fill := strings.NewReplacer("EMPTY", empty, "TRAP", address)
	args, env := strings.Fields(fill.Replace(one.args)), trapped(t, address)
	if way == "--offline" {
		args = append([]string{way}, args...)
	} else {
		env = append(env, way)
	}
	out, code := mtok(t, env, fill.Replace(one.stdin), args...)
	assert.Equal(t, one.code, code, "%s: %s", way, out)
	assert.Contains(t, out, fill.Replace(one.says), way)
}

// mtok runs the command.
func mtok(t *testing.T, env []string, stdin string, args ...string) (out string, code int) {
	cmd := exec.CommandContext(t.Context(), "mtok", args...)
	var both bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = append(slices.Clone(env), sessionOf...), strings.NewReader(stdin), &both, &both
	err := cmd.Run()
	if exit := new(exec.ExitError); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return both.String(), cmd.ProcessState.ExitCode()
}

// The trap sees who is not offline, so it would have seen the others.
func TestOffline_trap(t *testing.T) {
	for _, args := range []string{"count --download -t foo/bar hi", "load http://TRAP --time 10ms"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel() // the hub's client waits between its tries
			address, came := trap(t)
			env := append(trapped(t, address), "NO_PROXY=127.0.0.1", "MTOK_OFFLINE=0")
			out, code := mtok(t, env, "", strings.Fields(strings.ReplaceAll(args, "TRAP", address))...)
			assert.Equal(t, 1, code, out)
			assert.Positive(t, came.Load(), args)
		})
	}
}

// A server sends no traces either, says so once, and answers as ever.
func TestServe_offlineTraces(t *testing.T) {
	for offline, says := range map[string]string{"MTOK_OFFLINE=1": "no traces are sent", "MTOK_OFFLINE=0": ""} {
		t.Run(offline, func(t *testing.T) {
			address, came := trap(t)
			socket := filepath.Join(t.TempDir(), "s")
			cmd := exec.CommandContext(t.Context(), "mtok", "serve", "--model", "v3", "--addr", "", "--uds", socket)
			var log bytes.Buffer
			cmd.Env, cmd.Stderr = append(trapped(t, address), offline, "NO_PROXY=127.0.0.1", "OTEL_EXPORTER_OTLP_TIMEOUT=2000"), &log
			require.NoError(t, cmd.Start())
			answer := askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`)
			assert.Contains(t, answer, `"tokens":[1,23325]`)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			require.NoError(t, cmd.Wait(), log.String())
			assert.Contains(t, log.String(), says)
			assert.Equal(t, says == "", came.Load() > 0, "%s: %d connections", offline, came.Load())
		})
	}
}

// askUnix asks a server, once it is there and ready.
func askUnix(t *testing.T, socket, path, body string) string {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	require.Eventually(t, func() bool {
		r, err := c.Get("http://server/readyz")
		if err != nil {
			return false
		}
		_ = r.Body.Close()
		return r.StatusCode == http.StatusOK
	}, 2*time.Minute, 50*time.Millisecond)
	r, err := c.Post("http://server"+path, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(text)
}
