package bulk

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// textOf is the text of a record, or what is wrong with it. A blank line is none.
func textOf(o plan.Options, record source.Record) (text string, blank bool, fault *Fault) {
	if record.Length > o.MaxRecord {
		return "", false, &Fault{TooLong, fmt.Sprintf("%d bytes, where --max-record allows %d", record.Length, o.MaxRecord)}
	}
	if record.Null {
		return "", false, &Fault{NoText, fmt.Sprintf("the column %q is null", o.Field)}
	}
	raw := record.Raw
	switch o.Records {
	case plan.JSONL:
		raw = record.Text()
		blank = len(bytes.TrimSpace(raw)) == 0
	case plan.Lines:
		raw = record.Text()
		blank = len(raw) == 0
	case plan.Rows: // a text of no bytes is one
	}
	if blank {
		return "", true, nil
	}
	if !utf8.Valid(raw) {
		return "", false, &Fault{NotUTF8, fmt.Sprintf("byte %d is no UTF-8", firstInvalid(raw))}
	}
	switch {
	case o.Type.IsChat():
		text, fault = chatOf(o, raw)
	case o.Records == plan.JSONL:
		text, fault = fieldOf(raw, o.Field)
	default:
		text = string(raw)
	}
	return text, false, fault
}

// fieldOf reads a text.
func fieldOf(raw []byte, field string) (string, *Fault) {
	value, fault := valueOf(raw, field)
	switch {
	case fault != nil:
		return "", fault
	case value[0] != '"':
		return "", &Fault{NoText, fmt.Sprintf("the field %q is no string", field)}
	}
	return stringOf(value, field)
}

// valueOf finds a field as json.loads would: of one that is there twice the last counts.
func valueOf(raw []byte, field string) ([]byte, *Fault) {
	members, err := pyjson.Object(raw)
	if err != nil {
		return nil, &Fault{BadJSON, err.Error()}
	}
	value := pyjson.Last(members, field)
	if value == nil {
		return nil, &Fault{NoText, fmt.Sprintf("there is no field %q", field)}
	}
	return value, nil
}

func stringOf(value []byte, field string) (string, *Fault) {
	text, ok := pyjson.String(value)
	if !ok {
		return "", &Fault{Surrogate, fmt.Sprintf("the field %q has half of a surrogate pair, which is no character", field)}
	}
	return text, nil
}

func firstInvalid(text []byte) int {
	at := 0
	for at < len(text) {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}
