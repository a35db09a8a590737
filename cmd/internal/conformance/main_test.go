package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// real is the reference of this test process.
var real *Embedded

func TestMain(m *testing.M) {
	if mode := os.Getenv("CONFORMANCE_PROGRAM"); mode != "" {
		program(mode)
		return
	}
	rt, err := bridge.Open(context.Background(), bridge.WithDistribution(bundled.Python()), bridge.WithMemo(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	real = NewEmbedded(rt)
	code := m.Run()
	if err := rt.Close(context.Background()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	os.Exit(code)
}

// bytewise is a reference that needs no Python: a token is a byte, a request without
// messages is refused.
type bytewise struct{}

func (bytewise) Ask(_ context.Context, _ string, q Question) (a Answer, err error) {
	var request bytes.Buffer
	_ = json.Compact(&request, q.Request) // as it is on the line
	text := q.Text + request.String()
	switch {
	case q.Request != nil && !strings.Contains(text, "content"):
		a.Refused = "no content"
	case q.Op == Decode:
		for _, id := range q.IDs {
			a.Text += string([]byte{byte(id)})
		}
	case q.Op == Count:
		a.N = len(text)
	default:
		a.IDs = []int32{}
		for _, b := range []byte(text) {
			a.IDs = append(a.IDs, int32(b))
		}
	}
	return a, nil
}

func (bytewise) Pieces(_ context.Context, _ string, ids []int32) ([][]byte, error) {
	pieces := make([][]byte, len(ids))
	for i, id := range ids {
		if id >= 0 && id < 256 {
			pieces[i] = []byte{byte(id)}
		}
	}
	return pieces, nil
}

func (bytewise) File(tokenizer string) (string, error) {
	if tokenizer == "v1" {
		return "", errors.New("no file")
	}
	return "/files/" + tokenizer, nil
}

// program is what the commands of the tests run: bytewise over the line protocol,
// with something wrong with it when a text has an x.
func program(mode string) {
	if mode == "exit" {
		fmt.Fprintln(os.Stderr, "no such \x1b[1mlibrary")
		os.Exit(3)
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var r struct {
			ID   json.RawMessage
			Op   string
			Args struct {
				Name, Path, Text string
				A                []any
				Tokens           []int32
				Request          json.RawMessage
			}
		}
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			panic(err)
		}
		q := Question{Request: r.Args.Request, Text: r.Args.Text, IDs: r.Args.Tokens}
		var ok any
		switch r.Op {
		case "info":
			ok = map[string]any{"name": "bytes", "version": mode, "supports": []Op{Encode, Decode, Chat, Count}, "tokenizers": []string{"v2", "v3"}, "load": "path"}
		case "load":
			if mode == "refuses" || r.Args.Path != "/files/v3" && r.Args.Path != "/files/v2" {
				fmt.Printf(`{"id":%s,"err":{"type":"Unsupported","message":"normalizer %s"}}`+"\n", r.ID, r.Args.Path)
				continue
			}
			ok = map[string]string{"h": "the only one"}
		case "raw":
			q.Op, q.Text = Encode, r.Args.A[0].(string)
			if strings.Contains(q.Text, "x") && misbehave(mode) {
				continue
			}
		case "decode":
			q.Op = Decode
		case "count":
			q.Op = Count
		default:
			q.Op = Chat
		}
		if q.Op != "" {
			a, _ := bytewise{}.Ask(context.Background(), "", q)
			switch {
			case a.Refused != "":
				fmt.Printf(`{"id":%s,"err":{"type":"Refused","message":"%s"}}`+"\n", r.ID, a.Refused)
				continue
			case q.Op == Decode:
				ok = a.Text
			case q.Op == Count:
				ok = a.N
			case q.Op == Chat:
				ok = map[string]any{"tokens": a.IDs}
			default:
				ok = a.IDs
			}
		}
		text, _ := json.Marshal(map[string]any{"id": r.ID, "ok": ok})
		fmt.Println(string(text))
	}
}

// misbehave reports whether that was all there is to answer.
func misbehave(mode string) bool {
	switch mode {
	case "hang":
		time.Sleep(time.Hour)
	case "crash":
		fmt.Fprintln(os.Stderr, "segmentation\nfault")
		os.Exit(139)
	case "garbage":
		fmt.Println("Loading model…")
	case "other-id":
		fmt.Println(`{"id": "7", "ok": []}`)
	case "flood":
		for range 1 << 12 {
			fmt.Print(strings.Repeat("x", 1<<10))
		}
	case "shape":
		fmt.Println(`{"id": 3, "ok": {"tokens": "many"}}`)
	case "neither":
		fmt.Println(`{"id": 3}`)
	default:
		return false
	}
	return true
}

// self is a command that runs this test binary as program.
func self(mode string) Command {
	return Command{Line: `exec "$CONFORMANCE_BINARY"`, Env: []string{"CONFORMANCE_PROGRAM=" + mode, "CONFORMANCE_BINARY=" + os.Args[0]}}
}
