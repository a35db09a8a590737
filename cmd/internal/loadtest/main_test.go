package loadtest

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// Beside running tests, this program is a server that tests start: LOAD_TEST_SERVER says what it does.
func TestMain(m *testing.M) {
	if what := os.Getenv("LOAD_TEST_SERVER"); what != "" {
		if err := testServer(os.Args[1], what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// testServer answers with three tokens, with four ("other"), or refuses large requests ("small"); "apart" does both. With "workers" it has a
// child that keeps a processor busy, and starts another when that is killed.
func testServer(addr, what string) error {
	if what == "broken" {
		return fmt.Errorf("there is no tokenizer")
	}
	if what == "workers" {
		go func() {
			for {
				_ = exec.Command("sh", "-c", "while :; do :; done").Run()
			}
		}()
	}
	list := "[1,2,3]"
	if what == "other" || what == "apart" {
		list = "[1,2,3,4]"
	}
	return http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		switch {
		case r.Method == http.MethodGet:
			w.WriteHeader(http.StatusNoContent)
		case (what == "small" || what == "apart") && n > 1<<20-1:
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		case strings.HasSuffix(r.URL.Path, "/tokenize/"):
			fmt.Fprint(w, list)
		case strings.HasSuffix(r.URL.Path, "render"):
			fmt.Fprintf(w, `{"token_ids":%s}`, list)
		default:
			fmt.Fprintf(w, `{"count":3,"tokens":%s}`, list)
		}
	}))
}

// startedBy distinguishes the servers of this run from those of another on the same machine.
var startedBy = fmt.Sprint("LOAD_TEST_STARTED_BY=", os.Getpid())

// testCommand starts this program as such a server.
func testCommand(name, what string, routes ...string) Command {
	return Command{
		Name: name, Args: []string{os.Args[0], "127.0.0.1:{port}"}, Env: []string{"LOAD_TEST_SERVER=" + what, startedBy},
		Health: "/health", Routes: routes,
	}
}
