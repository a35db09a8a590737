// Batch counts the tokens of a file of OpenAI batch requests, one JSON object a line with
// custom_id and body, and writes a line for each in the same order:
//
//	batch -tokenizer v3-tekken < requests.jsonl
//	{"custom_id":"a","tokens":12}
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"io"
	"iter"
	"log"
	"os"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
)

type request struct {
	ID   string          `json:"custom_id"`
	Body json.RawMessage `json:"body"`
}

type answer struct {
	ID     string  `json:"custom_id"`
	Tokens int     `json:"tokens"`
	IDs    []int32 `json:"ids,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func main() {
	name := flag.String("tokenizer", "v3-tekken", "the tokenizer")
	ids := flag.Bool("ids", false, "write the ids too")
	flag.Parse()
	ctx := context.Background()
	rt, err := bridge.Open(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped(*name))
	if err != nil {
		log.Fatal(err)
	}
	if err := count(ctx, tok, os.Stdin, os.Stdout, *ids); err != nil {
		log.Fatal(err)
	}
}

// count answers every line: one that fails does not end the others.
func count(ctx context.Context, tok *bridge.Tokenizer, in io.Reader, out io.Writer, withIDs bool) error {
	w := bufio.NewWriter(out)
	enc := json.NewEncoder(w)
	var readErr error
	for done, err := range async.Map(ctx, lines(in, &readErr), 64, func(ctx context.Context, line []byte) *async.Future[answer] {
		return encode(ctx, tok, line, withIDs)
	}) {
		if err != nil {
			return err
		}
		if err := enc.Encode(done); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return readErr
}

func encode(ctx context.Context, tok *bridge.Tokenizer, line []byte, withIDs bool) *async.Future[answer] {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return async.Ready(answer{Error: err.Error()})
	}
	if withIDs {
		f := tok.EncodeOpenAIAsync(ctx, r.Body, bridge.WithoutMedia())
		return async.Lazy(f, func() (answer, error) {
			done, err := f.Result()
			if err != nil {
				return answer{ID: r.ID, Error: err.Error()}, nil
			}
			return answer{ID: r.ID, Tokens: len(done.Tokens), IDs: done.Tokens}, nil
		})
	}
	f := tok.CountOpenAIAsync(ctx, r.Body)
	return async.Lazy(f, func() (answer, error) {
		n, err := f.Result()
		if err != nil {
			return answer{ID: r.ID, Error: err.Error()}, nil
		}
		return answer{ID: r.ID, Tokens: n}, nil
	})
}

func lines(in io.Reader, err *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		s := bufio.NewScanner(in)
		s.Buffer(nil, 64<<20)
		for s.Scan() {
			if len(s.Bytes()) > 0 && !yield(append([]byte(nil), s.Bytes()...)) {
				return
			}
		}
		*err = s.Err()
	}
}
