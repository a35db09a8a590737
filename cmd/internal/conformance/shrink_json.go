package conformance

import (
	"bytes"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// node is a JSON value that can be made smaller. The text of numbers and the order
// of keys stay as they are.
type node struct {
	kind byte // '{', '[', '"', or 0 for what is one piece
	raw  []byte
	text string
	keys []string
	kids []*node
}

func parse(raw []byte) *node {
	n := &node{raw: raw}
	if len(raw) == 0 {
		return n
	}
	switch raw[0] {
	case '{':
		members, err := pyjson.Object(raw)
		if err != nil {
			return n
		}
		for _, m := range members {
			n.keys = append(n.keys, m.Key)
			n.kids = append(n.kids, parse(m.Value))
		}
		n.kind = '{'
	case '[':
		items, err := pyjson.Array(raw)
		if err != nil {
			return n
		}
		for _, item := range items {
			n.kids = append(n.kids, parse(item))
		}
		n.kind = '['
	case '"':
		if text, ok := pyjson.String(raw); ok {
			n.kind, n.text = '"', text
		}
	}
	return n
}

func (n *node) appendTo(b *bytes.Buffer) {
	switch n.kind {
	case '{', '[':
		b.WriteByte(n.kind)
		for i, kid := range n.kids {
			if i > 0 {
				b.WriteString(", ")
			}
			if n.kind == '{' {
				b.Write(quoted(n.keys[i]))
				b.WriteString(": ")
			}
			kid.appendTo(b)
		}
		b.WriteByte(n.kind + 2) // } and ] are two after { and [
	case '"':
		b.Write(quoted(n.text))
	default:
		b.Write(n.raw)
	}
}

func quoted(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func (n *node) bytes() []byte {
	var b bytes.Buffer
	n.appendTo(&b)
	return b.Bytes()
}

// shrinkJSON takes out members, elements and characters for as long as fails says
// that the rest still does.
func shrinkJSON(raw []byte, fails func([]byte) bool) []byte {
	root := parse(raw)
	for before := -1; before != len(root.bytes()); {
		before = len(root.bytes())
		shrinkNode(root, func() bool { return fails(root.bytes()) })
	}
	return root.bytes()
}

// shrinkNode makes n smaller in place, the outermost first.
func shrinkNode(n *node, fails func() bool) {
	switch n.kind {
	case '{', '[':
		keys, kids := n.keys, n.kids
		index := make([]int, len(kids))
		for i := range index {
			index[i] = i
		}
		keep := func(list []int) {
			n.keys, n.kids = nil, nil
			for _, i := range list {
				n.kids = append(n.kids, kids[i])
				if n.kind == '{' {
					n.keys = append(n.keys, keys[i])
				}
			}
		}
		keep(reduce(index, func(list []int) bool {
			keep(list)
			return fails()
		}))
		for _, kid := range n.kids {
			shrinkNode(kid, fails)
		}
	case '"':
		n.text = shrinkText(n.text, func(s string) bool {
			n.text = s
			return fails()
		})
	}
}
