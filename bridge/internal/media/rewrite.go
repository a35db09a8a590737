package media

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// Get returns the data: URL to put in the place of a URL.
type Get func(place, url string) (string, error)

// MayName reports whether there is anything to rewrite: false is certain.
func MayName(request []byte) bool {
	// A key may be written with escapes.
	return bytes.Contains(request, []byte("_url")) || bytes.Contains(request, []byte(`\u`))
}

// maxDepth is more than a request nests before it comes to an image.
const maxDepth = 8

// Rewrite replaces every http and https URL of the image_url and audio_url chunks of a
// request. It returns the request itself if there are none, or if it is no JSON: then
// the reference has its say. All else is kept to the byte, but for white space around
// what is replaced.
func Rewrite(request []byte, get Get) ([]byte, error) {
	if !MayName(request) {
		return request, nil
	}
	w := rewriter{get: get}
	out, err := w.object(request, "", 0)
	if err != nil || !w.changed {
		return request, err
	}
	return out, nil
}

type rewriter struct {
	get     Get
	changed bool
}

// object goes through a request, a message or a chunk.
func (w *rewriter) object(text []byte, place string, depth int) ([]byte, error) {
	members, err := pyjson.Object(text)
	if err != nil || depth > maxDepth {
		return text, nil //nolint:nilerr // not for us to complain of
	}
	return w.members(text, members, func(m pyjson.Member) ([]byte, error) {
		at := strings.TrimPrefix(place+"."+m.Key, ".")
		switch m.Key {
		case "messages", "content":
			return w.list(m.Value, at, depth+1)
		case "image_url", "audio_url":
			return w.reference(m.Key, m.Value, at)
		}
		return m.Value, nil
	})
}

func (w *rewriter) list(text []byte, place string, depth int) ([]byte, error) {
	items, err := pyjson.Array(text)
	if err != nil {
		return text, nil //nolint:nilerr // a string
	}
	changed := false
	for i, item := range items {
		again, err := w.object(item, place+"."+strconv.Itoa(i), depth)
		if err != nil {
			return nil, err
		}
		changed = changed || !same(item, again)
		items[i] = again
	}
	if !changed {
		return text, nil
	}
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]")), nil
}

// reference is a URL, or an object that has it under url.
func (w *rewriter) reference(kind string, text []byte, place string) ([]byte, error) {
	if url, ok := pyjson.String(text); ok {
		if !remote(kind, url) {
			return text, nil
		}
		data, err := w.get(place, url)
		w.changed = true
		return strconv.AppendQuoteToASCII(nil, data), err
	}
	members, err := pyjson.Object(text)
	if err != nil {
		return text, nil //nolint:nilerr // not for us to complain of
	}
	return w.members(text, members, func(m pyjson.Member) ([]byte, error) {
		if m.Key != "url" || m.Value[0] != '"' {
			return m.Value, nil
		}
		return w.reference(kind, m.Value, place+".url")
	})
}

// members is the object with each value that counts replaced by what change returns
// for it: of a key that occurs twice the last counts.
func (w *rewriter) members(text []byte, members []pyjson.Member, change func(pyjson.Member) ([]byte, error)) ([]byte, error) {
	changed := false
	for i, m := range members {
		if slices.ContainsFunc(members[i+1:], func(o pyjson.Member) bool { return o.Key == m.Key }) {
			continue
		}
		again, err := change(m)
		if err != nil {
			return nil, err
		}
		changed = changed || !same(m.Value, again)
		members[i].Value = again
	}
	if !changed {
		return text, nil
	}
	out := []byte("{")
	for i, m := range members {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, m.Name...), ':'), m.Value...)
	}
	return append(out, '}'), nil
}

// same reports whether b is a itself, unchanged.
func same(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// remote makes the reference's own distinctions.
func remote(kind, url string) bool {
	if kind == "image_url" {
		return strings.HasPrefix(url, "http")
	}
	scheme, _, ok := strings.Cut(url, ":")
	scheme = strings.ToLower(scheme)
	return ok && (scheme == "http" || scheme == "https")
}
