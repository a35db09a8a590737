package engine

import "github.com/mistralbridge/mistralbridge/bridge"

// MaxStreamIDs is how many ids a piece of a stream may have. It bounds what one can be answered
// with: an id of a byte or two may stand for a hundred bytes of text.
const MaxStreamIDs = 16 << 10

// Streamed is what the next ids of a stream say: their text, and where they are wanted its events.
func Streamed(d *bridge.Detokenizer, ids []int32, wantEvents bool) (string, []bridge.Event, error) {
	if !wantEvents {
		text, err := d.Add(ids...)
		return text, nil, err
	}
	events, err := d.Events(ids...)
	if err != nil {
		return "", nil, err
	}
	var text []byte
	for _, e := range events {
		text = append(text, e.Text...)
	}
	return string(text), events, nil
}

// Flushed is what is left when no more ids come.
func Flushed(d *bridge.Detokenizer, wantEvents bool) (string, []bridge.Event) {
	text := d.Flush()
	if !wantEvents || text == "" {
		return text, nil
	}
	return text, []bridge.Event{{Kind: bridge.EventText, ID: -1, Text: text}}
}
