package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Info is what a program says of itself.
type Info struct {
	Name       string   `json:"name"`
	Version    string   `json:"version"`
	Program    string   `json:"program"`    // of mtok exec: name and version
	Supports   []Op     `json:"supports"`   // absent: encode, decode, chat
	Tokenizers []string `json:"tokenizers"` // absent: all
	Load       string   `json:"load"`       // "path" for files; absent: names
}

// Implementation is a program under test. It is started anew after a fault. It
// serves one goroutine.
type Implementation struct {
	Info    Info
	command Command
	ref     Reference
	proc    *process
	handles map[string]string
	sent    int
}

// Start starts a program and asks what it is. Errors: *FaultError, and that of ctx.
func Start(ctx context.Context, c Command, ref Reference) (*Implementation, error) {
	i := &Implementation{command: c.withDefaults(), ref: ref}
	ok, refused, err := i.call(ctx, "info", "", nil, i.command.Start)
	if err == nil && refused != "" {
		err = garbage("info is refused: %s", refused)
	}
	if err == nil {
		if json.Unmarshal(ok, &i.Info) != nil {
			err = garbage("info is %s", clip(ok))
		}
	}
	if err != nil {
		i.Close()
		return nil, err
	}
	i.Info.complete(i.command)
	return i, nil
}

func (i *Info) complete(c Command) {
	switch {
	case i.Name != "":
	case i.Program != "":
		i.Name = i.Program
		// Two of one program differ by their flags.
		if _, flags, found := strings.Cut(c.Line, " --"); found {
			i.Name += ", --" + flags
		}
	default:
		i.Name = c.Name
	}
	if i.Supports == nil {
		i.Supports = []Op{Encode, Decode, Chat}
	}
	if i.Tokenizers == nil {
		i.Tokenizers = Tokenizers()
	}
}

// Close ends the program.
func (i *Implementation) Close() {
	if i.proc != nil {
		i.proc.end(closing)
		i.proc = nil
	}
}

// LoadError is a tokenizer that a program would not load.
type LoadError struct{ Text string }

func (e *LoadError) Error() string { return "it does not load: " + e.Text }

// Ask loads the tokenizer first, if that is still to be done. Errors: *FaultError,
// *LoadError, and that of ctx.
func (i *Implementation) Ask(ctx context.Context, tokenizer string, q Question) (Answer, error) {
	h, err := i.load(ctx, tokenizer)
	if err != nil {
		return Answer{}, err
	}
	op, args := q.wire()
	ok, refused, err := i.call(ctx, op, h, args, i.command.Timeout)
	if err != nil || refused != "" {
		return Answer{Refused: refused}, err
	}
	a, err := q.read(ok)
	if err != nil {
		err = garbage("the answer to %s is %s", op, clip(ok))
	}
	return a, err
}

func (i *Implementation) load(ctx context.Context, tokenizer string) (string, error) {
	if h, ok := i.handles[tokenizer]; ok && i.proc != nil {
		return h, nil
	}
	args := map[string]any{"name": tokenizer}
	if i.Info.Load == "path" {
		file, err := i.ref.File(tokenizer)
		if err != nil {
			return "", err
		}
		args = map[string]any{"path": file}
	}
	ok, refused, err := i.call(ctx, "load", "", args, i.command.Start)
	if err != nil {
		return "", err
	}
	if refused != "" {
		return "", &LoadError{refused}
	}
	var loaded struct {
		H *string `json:"h"`
	}
	if json.Unmarshal(ok, &loaded) != nil || loaded.H == nil {
		return "", garbage("the answer to load is %s", clip(ok))
	}
	i.handles[tokenizer] = *loaded.H
	return *loaded.H, nil
}

type answerLine struct {
	ID  json.RawMessage `json:"id"`
	OK  json.RawMessage `json:"ok"`
	Err *struct {
		Type    string `json:"type"`
		Message string `json:"message"`
	} `json:"err"`
}

// call makes one request. After a fault the next call is made to a new process.
func (i *Implementation) call(ctx context.Context, op, h string, args any, limit time.Duration) (ok json.RawMessage, refused string, err error) {
	if i.proc == nil {
		i.handles = map[string]string{}
		if i.proc, err = start(i.command); err != nil {
			return nil, "", err
		}
	}
	defer func() {
		if err != nil {
			i.Close()
		}
	}()
	i.sent++
	line, err := encode(map[string]any{"id": i.sent, "op": op, "h": h, "args": args}, h, args)
	if err != nil {
		return nil, "", err
	}
	text, err := i.proc.ask(ctx, line, limit)
	if err != nil {
		return nil, "", err
	}
	var a answerLine
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, "", garbage("%v: %s", err, clip(text))
	}
	if string(a.ID) != fmt.Sprint(i.sent) {
		return nil, "", garbage("the answer to request %d has the id %s", i.sent, clip(a.ID))
	}
	if a.Err != nil {
		return nil, cutText(a.Err.Type+": "+a.Err.Message, 500), nil
	}
	if a.OK == nil {
		return nil, "", garbage("an answer without ok and err: %s", clip(text))
	}
	return a.OK, "", nil
}

// encode leaves out what there is none of, and <s> and the like as they are.
func encode(members map[string]any, h string, args any) ([]byte, error) {
	if h == "" {
		delete(members, "h")
	}
	if args == nil {
		delete(members, "args")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(members)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Can reports whether a program offers an op.
func (i *Info) Can(op Op) bool { return slices.Contains(i.Supports, op) }

// clip is the beginning of what a program said, fit to be shown.
func clip(b []byte) string {
	return fmt.Sprintf("%+q", cutText(string(b), 80))
}

func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// asFault is the fault in err, or nil.
func asFault(err error) *FaultError {
	var f *FaultError
	if errors.As(err, &f) {
		return f
	}
	return nil
}
