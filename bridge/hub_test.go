package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

const (
	hubModel  = "somebody/Model-1"
	hubCommit = "0123456789abcdef0123456789abcdef01234567"
)

// fakeHub answers as the Hugging Face hub does for one model with one file.
func fakeHub(t *testing.T, file string, asked *atomic.Int64) *httptest.Server {
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		name := path.Base(r.URL.Path)
		switch {
		case !strings.Contains(r.URL.Path, hubModel):
			w.Header().Set("X-Error-Code", "RepoNotFound")
			http.NotFound(w, r)
		case r.Header.Get("Authorization") != "Bearer hf_secret":
			w.Header().Set("X-Error-Code", "GatedRepo")
			w.WriteHeader(http.StatusForbidden)
		case strings.HasPrefix(r.URL.Path, "/api/models/"+hubModel+"/tree"):
			_, _ = fmt.Fprintf(w, `[{"type":"file","oid":"x","size":%d,"path":"tekken.json"},{"type":"file","oid":"y","size":1,"path":"config.json"}]`, len(content))
		case strings.HasPrefix(r.URL.Path, "/api/models/"+hubModel):
			_, _ = fmt.Fprintf(w, `{"id":%q,"sha":%q,"siblings":[{"rfilename":"tekken.json"},{"rfilename":"config.json"}]}`, hubModel, hubCommit)
		case name == "tekken.json":
			w.Header().Set("ETag", `"etag-1"`)
			w.Header().Set("X-Repo-Commit", hubCommit)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			if r.Method != http.MethodHead {
				_, _ = w.Write(content)
			}
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// childHub loads a model that is not shipped, as the environment says it may.
func childHub(ctx context.Context) error {
	r, err := bridge.Open(ctx, options()...)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close(ctx) }()
	var unknown *bridge.UnknownTokenizerError
	if _, err := r.Load(ctx, bridge.Model(hubModel)); !errors.As(err, &unknown) || !strings.Contains(err.Error(), hubModel) {
		return otherwise("without the option", err)
	}
	if os.Getenv("HUB_EXPECT") == "failure" {
		var failed *bridge.DownloadError
		_, err := r.Load(ctx, bridge.Model(hubModel), bridge.WithHub(bridge.Hub{Token: "hf_secret"}))
		if !errors.As(err, &failed) || failed.Cause == nil {
			return otherwise("offline", err)
		}
		for _, want := range []string{hubModel, "load its directory", "HF_HOME"} {
			if !strings.Contains(err.Error(), want) {
				return fmt.Errorf("no %q in: %w", want, err)
			}
		}
		if strings.Contains(err.Error()+failed.Traceback, "hf_secret") {
			return errors.New("the token is disclosed")
		}
		return nil
	}
	var denied *bridge.DownloadError
	if os.Getenv("HUB_EXPECT") == "download" {
		if _, err := r.Load(ctx, bridge.Model("nobody/Model-2"), bridge.WithHub(bridge.Hub{Token: "hf_secret"})); !errors.As(err, &denied) {
			return otherwise("another model", err)
		}
	}
	tok, err := r.Load(ctx, bridge.Model(hubModel), bridge.WithHub(bridge.Hub{Token: "hf_secret"}))
	if err != nil {
		return err
	}
	if v := tok.Describe().Version; v != "v13" {
		return errors.New("another tokenizer: " + v)
	}
	shipped, err := r.Load(ctx, bridge.Model("mistralai/Mistral-7B-Instruct-v0.3"), bridge.WithHub(bridge.Hub{}))
	if err != nil {
		return err
	}
	if v := shipped.Describe().Version; v != "v3" {
		return errors.New("not the shipped tokenizer: " + v)
	}
	return nil
}

// What is not shipped comes from the hub once, then from its cache; without the
// network the error says what to do.
func TestWithHub(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := fakeHub(t, syntheticFile(t, t.TempDir(), "v13"), &asked)
	home := t.TempDir()
	run := func(home, expect string, env ...string) {
		env = append(env, "HF_ENDPOINT="+server.URL, "HF_HOME="+home, "HUB_EXPECT="+expect, "HF_HUB_DISABLE_XET=1", "NO_PROXY=127.0.0.1", "HOME="+home)
		cmd, out := child(t, "hub", env...)
		require.NoError(t, cmd.Run(), out)
		require.Contains(t, out.String(), wentWell)
	}
	run(t.TempDir(), "failure", "HF_HUB_OFFLINE=1")
	assert.Zero(t, asked.Load(), "HF_HUB_OFFLINE is obeyed")
	run(home, "download")
	before := asked.Load()
	require.Positive(t, before)
	run(home, "cached")
	assert.Equal(t, before, asked.Load(), "the cache is asked first")
	run(home, "cached", "HF_HUB_OFFLINE=1")
}
