package bridge

// EventKind says what an Event is.
type EventKind int32

// The kinds. Those of special tokens go by their names in the vocabulary; which of them a
// model writes depends on its version.
const (
	EventText      EventKind = iota // text between special tokens
	EventToolCalls                  // [TOOL_CALLS]: a tool call follows
	EventToolArgs                   // [ARGS]: the name ends and the arguments follow
	EventCallID                     // [CALL_ID]: the call's id follows
	EventThink                      // [THINK]: the model thinks
	EventEndThink                   // [/THINK]: it has thought
	EventEnd                        // </s>: it has finished
	EventSpecial                    // any other special token
)

var eventKinds = map[string]EventKind{
	"[TOOL_CALLS]": EventToolCalls, "[ARGS]": EventToolArgs, "[CALL_ID]": EventCallID,
	"[THINK]": EventThink, "[/THINK]": EventEndThink, "</s>": EventEnd,
}

var eventNames = [...]string{"text", "tool_calls", "args", "call_id", "think", "end_think", "end", "special"}

// String is the kind's name: text, tool_calls, args, call_id, think, end_think, end, special.
func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventNames) {
		return "unknown"
	}
	return eventNames[k]
}

// Event is a piece of text, or a special token between two of them.
type Event struct {
	Kind EventKind
	ID   int32  // of the special token; -1 with text
	Name string // of the special token, such as "[TOOL_CALLS]"; "" with text
	Text string // what Add returns for it: with Ignore, "" for a special token
}

// Events is Add with special tokens kept apart: the texts of what it returns, one after
// the other, are what Add returns. Text between two special tokens is one event, and there
// is none without text; text before a special token comes before it, a character that is
// not finished too.
func (d *Detokenizer) Events(ids ...int32) ([]Event, error) {
	if err := d.check(ids); err != nil {
		return nil, err
	}
	var events []Event
	var run []byte
	text := func() {
		if len(run) > 0 {
			events, run = append(events, Event{Kind: EventText, ID: -1, Text: string(run)}), run[:0]
		}
	}
	for _, id := range ids {
		if d.vocab.kinds[id] != pieceSpecial {
			run = d.add(run, id)
			continue
		}
		run = d.flush(run)
		text()
		name := d.vocab.piece(id)
		kind, ok := eventKinds[name]
		if !ok {
			kind = EventSpecial
		}
		events = append(events, Event{Kind: kind, ID: id, Name: name, Text: string(d.add(nil, id))})
	}
	text()
	return events, nil
}
