package mistral

import (
	"fmt"
	"slices"

	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
)

// encoder writes the parts of a request. An error inside one of them is reported with
// its place, which is assembled only once there is an error, and costs nothing before.
type encoder struct{ jsonenc.Encoder }

// part is a value that writes itself.
type part interface{ encode(*encoder) }

// sizedPart is one that knows about how many bytes it takes.
type sizedPart interface {
	part
	size() int
}

// appendTo is AppendJSON of whatever there is.
func appendTo(dst []byte, v part) ([]byte, error) {
	e := &encoder{jsonenc.Encoder{Buf: dst}}
	v.encode(e)
	return e.Buf, refused(e.Err)
}

// appendRequest is AppendJSON of a request.
func appendRequest(dst []byte, r sizedPart) ([]byte, error) {
	return appendTo(slices.Grow(dst, r.size()), r)
}

// AppendMessages appends the list of messages as ChatCompletionRequest.AppendJSON writes
// it, with the same errors.
func AppendMessages(dst []byte, messages []Message) ([]byte, error) {
	return appendTo(slices.Grow(dst, 2+messagesSize(messages)), messageList(messages))
}

// AppendTools appends the list of tools as ChatCompletionRequest.AppendJSON writes it, with
// the same errors.
func AppendTools(dst []byte, tools []Tool) ([]byte, error) {
	return appendTo(slices.Grow(dst, 2+toolsSize(tools)), toolList(tools))
}

// messageList writes messages as a list of their own.
type messageList []Message

func (l messageList) encode(e *encoder) {
	e.Open('[')
	for i, m := range l {
		e.part("messages", i, m, "message")
	}
	e.Close(']')
}

type toolList []Tool

func (l toolList) encode(e *encoder) {
	e.Open('[')
	for i, t := range l {
		element(e, "tools", i, t)
	}
	e.Close(']')
}

// part writes an element of a list of messages or chunks, in which there may be
// none where one was forgotten.
func (e *encoder) part(list string, i int, p part, noun string) {
	if jsonenc.IsNil(p) {
		e.Refuse(&jsonenc.Error{Place: jsonenc.Element(list, i), Offset: -1, Err: fmt.Errorf("%s %d is nil", noun, i)})
		return
	}
	element(e, list, i, p)
}

// element writes an element of a list; an error inside it names the list and the index.
func element[T part](e *encoder, list string, i int, p T) {
	failed := e.Err != nil
	p.encode(e)
	if !failed && e.Err != nil {
		e.Err = jsonenc.Within(jsonenc.Element(list, i), e.Err)
	}
}

// member writes a member whose own places are within it.
func member[T part](e *encoder, name string, p T) {
	e.Key(name)
	failed := e.Err != nil
	p.encode(e)
	if !failed && e.Err != nil {
		e.Err = jsonenc.Within(name, e.Err)
	}
}

// optPart writes a member of a type that may be nil.
func (e *encoder) optPart(name string, p part) {
	if !jsonenc.IsNil(p) {
		member(e, name, p)
	}
}
