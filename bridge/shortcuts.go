package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/executor"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// shortcuts are the settings that were given; what is nil keeps pyshim's default.
type shortcuts struct {
	Text      *bool  `json:"text,omitempty"`
	Pack      *bool  `json:"pack,omitempty"`
	Layouts   *bool  `json:"layouts,omitempty"`
	Schemas   *bool  `json:"schemas,omitempty"`
	MemoBytes *int64 `json:"memo_bytes,omitempty"`
	Audit     *int64 `json:"audit,omitempty"`
}

// DefaultMemo is how many bytes the memo may hold without WithMemo.
const DefaultMemo = 64 << 20

// WithMemo bounds the memo of texts and their ids, in bytes; 0 turns it off. The
// next turn of a chat repeats the turns before it, and costs its new text only.
// The memo holds request text in memory and answers what it has seen faster than
// what it has not: turn it off where callers must not learn of each other even
// that.
func WithMemo(bytes int64) Option {
	return func(c *config) error {
		if bytes < 0 {
			return errors.New("bridge: WithMemo: negative size")
		}
		c.shortcuts.MemoBytes = &bytes
		return nil
	}
}

// WithAudit repeats every n-th call that took a shortcut by the plain call, and
// compares. A difference, or a refusal by the plain call, is counted
// (ShortcutStats), logged and turns the shortcuts off; the caller gets what the
// plain call gave. 0, the default, repeats none.
func WithAudit(n int) Option {
	return func(c *config) error {
		if n < 0 {
			return errors.New("bridge: WithAudit: negative number")
		}
		every := int64(n)
		c.shortcuts.Audit = &every
		return nil
	}
}

// WithoutShortcuts makes every call the reference's plain one.
func WithoutShortcuts() Option {
	return func(c *config) error {
		off, none := false, int64(0)
		c.shortcuts = shortcuts{Text: &off, Pack: &off, Layouts: &off, Schemas: &off, MemoBytes: &none}
		return nil
	}
}

// ShortcutStats says how the shortcuts have fared in this process.
type ShortcutStats struct {
	Text        bool  `json:"text"`    // the debug text is left out
	Pack        bool  `json:"pack"`    // ids cross as bytes
	Layouts     bool  `json:"layouts"` // chats of a shape that was seen before are not arranged anew
	Schemas     bool  `json:"schemas"` // tools' parameters are checked by a table first
	Audit       int64 `json:"audit"`
	Calls       int64 `json:"calls"`       // calls that took a shortcut
	Audited     int64 `json:"audited"`     // calls that were repeated plainly
	Differences int64 `json:"differences"` // must be 0
	Memo        struct {
		Limit     int64 `json:"limit"` // bytes
		Bytes     int64 `json:"bytes"`
		Entries   int64 `json:"entries"`
		Hits      int64 `json:"hits"`
		Misses    int64 `json:"misses"`
		Evictions int64 `json:"evictions"`
	} `json:"memo"`
}

// ShortcutStats asks Python how the shortcuts have fared.
func (rt *Runtime) ShortcutStats(ctx context.Context) (ShortcutStats, error) {
	return do(ctx, rt, shortcutsCall(shortcuts{}))
}

// ShortcutStatsAsync is ShortcutStats as a future.
func (rt *Runtime) ShortcutStatsAsync(ctx context.Context) *async.Future[ShortcutStats] {
	return start(ctx, rt, shortcutsCall(shortcuts{}))
}

func shortcutsCall(s shortcuts) call[ShortcutStats] {
	body, err := json.Marshal(s)
	return call[ShortcutStats]{
		op: "shortcuts", err: err, frame: wire.Frame(wire.Header{Op: wire.OpShortcuts, Arg: wire.NoArg}, body),
		read: func(r *wire.Reply) (got ShortcutStats, err error) { return got, json.Unmarshal(r.Body, &got) },
	}
}

func (s shortcuts) frame() ([]byte, error) {
	c := shortcutsCall(s)
	return c.frame, c.err
}

// apply gives the settings to a new interpreter.
func (s shortcuts) apply(ctx context.Context, exec *executor.Executor) error {
	c := shortcutsCall(s)
	r, err := exec.NewClient().Do(ctx, c.job())
	if err != nil {
		return err
	}
	return replyError(c.op, &r)
}

// compatible reports whether a later Open asks for nothing that the first did not.
func (s shortcuts) compatible(later shortcuts) bool {
	return same(s.Text, later.Text) && same(s.Pack, later.Pack) && same(s.Layouts, later.Layouts) && same(s.Schemas, later.Schemas) &&
		same(s.MemoBytes, later.MemoBytes) && same(s.Audit, later.Audit)
}

func same[T comparable](have, want *T) bool {
	return want == nil || have != nil && *have == *want
}

func (s shortcuts) String() string {
	text, _ := json.Marshal(s)
	return fmt.Sprintf("shortcuts %s", text)
}
