package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// notRun are the command lines on the pages that this test does not run, each with the
// reason. Their commands, flags and files are looked at all the same.
var notRun = map[string]string{
	"go run ./cmd/mtok verify": "it measures, alone on a machine; TestVerify and the CI's first step run it",
	"go install github.com/mistralbridge/mistralbridge/cmd/mtok@latest": "what is published is another version",
	"go get github.com/mistralbridge/mistralbridge@latest":              "as above",
	"git grep -n 'mistral-common.*==' -- '*.in'":                        "it looks into the repository, where this test does not run",
	"git diff --stat testdata/golden testdata/schemas":                  "as above",
	"go test ./bridge/bundled":                                          "as above; make test runs it",
	"go get github.com/kluctl/go-embed-python@v0.0.0-3.14.6-20260610-1": "as above, and it changes go.mod",
	"mtok serve": "its flags are shown with the server",
	"mtok exec [--typed] [--python PATH] [--backend embedded|pool] [--workers N] [--fetch HOST]": "a synopsis",
	"mtok conformance --impl 'COMMAND' --write report.html":                                      "the whole corpus takes minutes; conformance.txtar runs a part",
	"grpcurl -plaintext localhost:8000 list":                                                     "not a tool of the tests; cmd/internal/rpc asks by reflection",
	"podman build -f deploy/container/Containerfile -t mtok .":                                   "make image builds the recipe",
	"podman run --rm --read-only --tmpfs /tmp -p 8000:8000 -e MTOK_SERVE_MODEL=v3-tekken mtok":   "make image runs what was built",
	"kubectl apply -k deploy/kubernetes/base":                                                    "make deploy-test gives the manifests to a server's own code",
	"export MTOK_CACHE=/opt/mtok":                                                                "another cache would be fetched anew, 119 MB",
	"rm -rf /opt/mtok/pip /opt/mtok/locks":                                                       "as above; make image does it",
	"mtok bundle --out env.tar.zst":                                                              "it compresses 460 MB; bundle.txtar packs them",
	"mtok setup --from env.tar.zst":                                                              "as above",
	`MTOK_BUNDLE=env.tar.zst mtok count "Hello, world!"`:                                         "as above",
	"mtok bundle --out examples/onefile/bundle/env.tar.zst":                                      "as above; its own test does it",
	"mtok bundle --out arm.tar.zst --platform linux/arm64":                                       "as above; the tests of pyenv pack for another platform",
	"go build -o onefile ./examples/onefile":                                                     "as above",
	"tar -C ~/.cache -czf mistralbridge.tgz mistralbridge":                                       "460 MB; the tests of pyenv copy a cache",
	"tar -C ~/.cache -xzf mistralbridge.tgz":                                                     "as above",
	"python3 -m venv mine":                                                                       "a Python of the machine, which need not be there",
	"mine/bin/pip install --no-deps --require-hashes -r requirements.txt":                        "as above, and 119 MB",
	`MTOK_PYTHON=mine/bin/python MTOK_OFFLINE=1 mtok count "Hello, world!"`:                      "as above; the tests of pyenv use virtual environments",
	"grpcurl -plaintext -d '{\"text\": \"Hello, world!\", \"bos\": true}' \\\n" +
		"    localhost:8000 mistralbridge.v1.TokenizerService/Tokenize": "as the one above",
}

// TestPages runs every command line that the pages show, with the files that they name.
func TestPages(t *testing.T) {
	unused := map[string]bool{}
	for line := range notRun {
		unused[line] = true
	}
	for _, page := range pages(t) {
		blocks, prose := readPage(t, page)
		for _, line := range inline(prose) {
			checkLine(t, page, line)
		}
		p := newPlace(t, page)
		for i, b := range blocks {
			if i > 0 && blocks[i-1].lang == "fence go" {
				continue // what that prints
			}
			assert.False(t, b.isUnknown(), "%s: a program that is not in the list", b)
			for _, s := range b.commands() {
				checkLine(t, s.where, s.text)
				if notRun[s.text] != "" {
					delete(unused, s.text)
					continue
				}
				p.run(t, s)
			}
		}
		p.stop()
	}
	assert.Empty(t, unused, "no page shows these any more")
}

// TestHelp_examples looks at the command lines in the help of each command.
func TestHelp_examples(t *testing.T) {
	eachCommand(newRoot(streams{strings.NewReader(""), io.Discard, io.Discard}), func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			checkLine(t, c.CommandPath(), strings.TrimSpace(line))
		}
	})
}

var makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z0-9/-]*):`)

// checkLine checks what can be checked of a command line without running it.
func checkLine(t *testing.T, where, line string) {
	t.Helper()
	for part := range strings.SplitSeq(line, "|") {
		all := words(part)
		for i, word := range all {
			if name := filepath.Base(word); name == "mtok" && (i == 0 || all[0] == "go" && all[1] == "run") {
				checkFlags(t, where, all[i+1:])
				break
			}
		}
		if len(all) > 1 && all[0] == "make" {
			data, err := os.ReadFile(filepath.Join(top, "Makefile"))
			require.NoError(t, err)
			targets := fmt.Sprint(makeTarget.FindAllString(string(data), -1))
			for _, target := range all[1:] {
				assert.True(t, strings.Contains(target, "=") || strings.Contains(targets, target+":"), "%s: make has no target %s", where, target)
			}
		}
		for _, word := range all {
			if strings.HasPrefix(word, "deploy/") {
				assert.FileExists(t, filepath.Join(top, word, map[bool]string{true: "kustomization.yaml"}[filepath.Ext(word) == "" && !strings.Contains(word, "Containerfile")]), where)
			}
		}
	}
}

// checkFlags finds the command and parses its flags. "a, b, c" names several commands;
// brackets are those of a synopsis.
func checkFlags(t *testing.T, where string, args []string) {
	t.Helper()
	if len(args) > 0 && strings.HasSuffix(args[0], ",") {
		for _, name := range args {
			checkFlags(t, where, []string{strings.TrimSuffix(name, ",")})
		}
		return
	}
	for i := range args {
		args[i] = strings.Trim(args[i], "[]")
	}
	c, rest, err := newRoot(streams{strings.NewReader(""), io.Discard, io.Discard}).Find(args)
	if assert.NoError(t, err, where) {
		if err := c.ParseFlags(replaceWords(rest)); !errors.Is(err, pflag.ErrHelp) {
			assert.NoError(t, err, "%s: mtok %s", where, strings.Join(args, " "))
		}
	}
}

// replaceWords puts a number in the place of N.
func replaceWords(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = map[bool]string{true: "1", false: a}[a == "N"]
	}
	return out
}

// place is the directory in which the command lines of a page are run, with what they
// name; server is the one that the page has started last.
type place struct {
	dir, address string
	env          []string
	server       *exec.Cmd
}

func newPlace(t *testing.T, page string) *place {
	dir, err := os.MkdirTemp("", "page") // a socket's path must be short
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	files := map[string]string{
		"request.json": `{"messages": [{"role": "user", "content": "Hello"}]}`, "page.txt": "Hello, world!\n",
		"chats.jsonl": `{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}` + "\n",
	}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	shipped, err := filepath.Glob(filepath.Join(cacheDir(t), "envs", "default-*", "lib", "python3*", "site-packages", "mistral_common", "data", "tekken_240718.json"))
	require.NoError(t, err)
	require.NotEmpty(t, shipped)
	for _, model := range []string{"m", "mistral-small"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "models", model), 0o700))
		require.NoError(t, os.Symlink(shipped[0], filepath.Join(dir, "models", model, "tekken.json")))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tokenizer"), 0o700))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	p := &place{dir: dir, address: l.Addr().String()}
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(dir, "home"), "MTOK_CACHE=" + cacheDir(t), "MTOK_SERVE_ADDR=" + p.address,
	}
	p.env = append(p.env, sessionOf...)
	t.Cleanup(p.stop)
	return p
}

// run runs one command line, and compares what it prints with what the page says.
func (p *place) run(t *testing.T, s shown) {
	switch program(s.text) {
	case "make":
		return // the target is there; CI makes it
	case "curl":
		assert.Equal(t, strings.Join(s.want, "\n"), p.curl(t, s), s.where)
		return
	case "mtok":
		if all := words(s.text); len(all) > 1 && strings.HasSuffix(all[1], ",") {
			return // a list of commands
		} else if len(all) > 1 && all[1] == "serve" {
			p.serve(t, s)
			return
		}
	}
	var out, failed bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "bash", "-o", "pipefail", "-c", p.here(s.text))
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, &out, &failed
	if assert.NoError(t, cmd.Run(), "%s: %s: %s", s.where, s.text, &failed) && len(s.want) > 0 {
		assert.Equal(t, strings.Join(s.want, "\n"), strings.TrimSuffix(out.String(), "\n"), s.where)
	}
}

// here puts this place's directories where a page has those of a machine.
func (p *place) here(line string) string {
	return strings.NewReplacer("/models/", p.dir+"/models/", "/tmp/tokenizer/", p.dir+"/tokenizer/").Replace(line)
}

// serve starts a server in the place of the last one, and waits until it is ready.
func (p *place) serve(t *testing.T, s shown) {
	p.stop()
	var log bytes.Buffer
	p.server = exec.Command("bash", "-c", "exec "+p.here(s.text))
	p.server.Dir, p.server.Env, p.server.Stderr = p.dir, p.env, &log
	require.NoError(t, p.server.Start(), s.where)
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if r, err := http.Get("http://" + p.address + "/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			p.stop()
			t.Fatalf("%s: %s: no server is ready there: %s", s.where, s.text, &log)
		}
	}
}

func (p *place) stop() {
	if p.server != nil {
		_ = p.server.Process.Signal(os.Interrupt)
		_ = p.server.Wait()
		p.server = nil
	}
}

// curl does what curl would, which need not be there.
func (p *place) curl(t *testing.T, s shown) string {
	flags := pflag.NewFlagSet("curl", pflag.ContinueOnError)
	flags.BoolP("silent", "s", false, "")
	headers := flags.StringArrayP("header", "H", nil, "")
	data := flags.StringP("data", "d", "", "")
	require.NoError(t, flags.Parse(words(s.text)[1:]), s.where)
	require.Len(t, flags.Args(), 1, s.where)
	url, here := strings.CutPrefix(flags.Arg(0), "localhost:8000")
	require.True(t, here, "%s: another server", s.where)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+p.address+url, strings.NewReader(*data))
	require.NoError(t, err)
	for _, h := range *headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err, s.where)
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	require.NoError(t, err)
	return strings.TrimSuffix(string(body), "\n")
}
