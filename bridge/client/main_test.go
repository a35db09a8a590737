package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/client"
)

// The command, the files of the tests, and a server with the tokenizers below.
var (
	directory, command string
	everyday           *server
	local              *bridge.Runtime
)

// The models of the everyday server, by their names there.
const (
	tekken    = "tekken"
	multi     = "multi"     // with an encoder of images
	synthetic = "synthetic" // v13, with one of audio too
)

func TestMain(m *testing.M) {
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	ctx := context.Background()
	if directory, err = os.MkdirTemp("", "client-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(directory)
	command = filepath.Join(directory, "mtok")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", command, "../../cmd/mtok").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build mtok: %w: %s", err, out)
	}
	if local, err = bridge.Open(ctx, bridge.WithDistribution(bundled.Python())); err != nil {
		return 1, err
	}
	defer func() {
		if cerr := local.Close(ctx); err == nil {
			err = cerr
		}
	}()
	file, err := writeSynthetic(ctx)
	if err != nil {
		return 1, err
	}
	everyday, err = start("--model", "v3-tekken="+tekken+"=alias", "--model", "v3-tekken-mm="+multi, "--model", file+"="+synthetic, "--uds", socket())
	if err != nil {
		return 1, err
	}
	if err := os.Setenv("TOKENIZER_URL", everyday.url); err != nil { // of the example
		return 1, err
	}
	code = m.Run()
	return code, everyday.stop()
}

func socket() string { return filepath.Join(directory, "s") }

// writeSynthetic writes a tokenizer with all encoders, as pyshim's own tests do.
func writeSynthetic(ctx context.Context) (string, error) {
	env, err := bridge.FindEnvironment(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		return "", err
	}
	tok, err := local.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		return "", err
	}
	specials, err := tok.Specials(ctx)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, env.Executable, "-c",
		"import sys; from pathlib import Path; from pyshim.tests import synthetic; synthetic.write(Path(sys.argv[1]), Path(sys.argv[2]), 'v13')",
		directory, filepath.Dir(specials.FilePath))
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("write a tokenizer: %w: %s", err, out)
	}
	return filepath.Join(directory, "tekken.json"), tok.Close(ctx)
}

// server is a process of mtok serve.
type server struct {
	url string
	cmd *exec.Cmd
	log *tail
}

// start starts one, and waits until it says where it listens.
func start(args ...string) (*server, error) {
	s := &server{cmd: exec.Command(command, append([]string{"serve", "--addr", "127.0.0.1:0", "--workers", "0"}, args...)...), log: &tail{}}
	out, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(io.TeeReader(out, s.log)); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "url=http"); ok {
			s.url, _, _ = strings.Cut("http"+url, " ")
		}
		if s.url != "" && strings.Contains(lines.Text(), "ready") {
			go func() { _, _ = io.Copy(s.log, out) }()
			return s, nil
		}
	}
	return nil, fmt.Errorf("mtok serve: %w: %s", s.cmd.Wait(), s.log)
}

func (s *server) stop() error {
	http.DefaultClient.CloseIdleConnections()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("mtok serve: %w: %s", err, s.log)
	}
	return nil
}

// tail is what a server has logged.
type tail struct {
	mu   sync.Mutex
	text strings.Builder
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// remote is a tokenizer of the everyday server.
func remote(t *testing.T, name string) *client.Tokenizer {
	t.Helper()
	tok, err := dial(t, everyday.url).Tokenizer(t.Context(), name)
	require.NoError(t, err)
	return tok
}

func dial(t *testing.T, address string, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(address, opts...)
	require.NoError(t, err)
	return c
}

// loaded is the same tokenizer in this process.
func loaded(t *testing.T, name string) *bridge.Tokenizer {
	t.Helper()
	source := map[string]bridge.Source{
		tekken: bridge.Shipped("v3-tekken"), multi: bridge.Shipped("v3-tekken-mm"), synthetic: bridge.File(filepath.Join(directory, "tekken.json")),
	}[name]
	tok, err := local.Load(t.Context(), source)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, tok.Close(context.WithoutCancel(t.Context()))) })
	return tok
}
