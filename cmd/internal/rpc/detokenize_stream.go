package rpc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/mistralbridge/mistralbridge/bridge"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// MaxStreamIDs is how many ids a request of a stream may have. It bounds what one can be
// answered with: an id of a byte or two may stand for a hundred bytes of text.
const MaxStreamIDs = 16 << 10

// DetokenizeStream works in Go, and answers a request before it reads the next.
func (s *tokenizerService) DetokenizeStream(stream grpc.BidiStreamingServer[mistralbridgev1.DetokenizeStreamRequest, mistralbridgev1.DetokenizeStreamResponse]) error {
	ctx := stream.Context()
	in, err := stream.Recv()
	if errors.Is(err, io.EOF) {
		return stream.Send(&mistralbridgev1.DetokenizeStreamResponse{})
	}
	if err != nil {
		return err
	}
	d, err := s.detokenizer(ctx, in)
	if err != nil {
		return err
	}
	for index, events := 0, in.GetWithEvents(); ; index++ {
		if err := checkStreamed(in, index); err != nil {
			return err
		}
		out, err := detokenized(d, in.GetTokens(), events)
		if err != nil {
			return atRequest(explain(ctx, err), index)
		}
		count(ctx, len(in.GetTokens()))
		if err := sendText(stream, out); err != nil {
			return err
		}
		if in, err = stream.Recv(); errors.Is(err, io.EOF) {
			return sendText(stream, flushed(d, events))
		}
		if err != nil {
			return err
		}
	}
}

// detokenizer is what the first request of a stream asks for.
func (s *tokenizerService) detokenizer(ctx context.Context, in *mistralbridgev1.DetokenizeStreamRequest) (*bridge.Detokenizer, error) {
	model, err := s.models.find(in.GetModel())
	if err != nil {
		return nil, err
	}
	policy, ok := policies[in.GetSpecialTokenPolicy()]
	if !ok {
		return nil, invalid("there is no such special_token_policy")
	}
	ctx, cancel := withLimit(ctx, s.timeout)
	defer cancel()
	d, err := model.Tokenizer().NewDetokenizer(ctx, policy)
	if err != nil {
		return nil, explain(ctx, err) // which of the two limits on time it was, ctx knows
	}
	return d, nil
}

func checkStreamed(in *mistralbridgev1.DetokenizeStreamRequest, index int) error {
	switch {
	case len(in.GetTokens()) > MaxStreamIDs:
		return atRequest(invalid(fmt.Sprintf("a request of a stream has at most %d tokens: send the rest in the next", MaxStreamIDs)), index)
	case index > 0 && (in.GetModel() != "" || in.GetSpecialTokenPolicy() != 0 || in.GetWithEvents()):
		return atRequest(invalid("model, special_token_policy and with_events are of the first request of a stream alone"), index)
	}
	return nil
}

// atRequest adds to an error which request of the stream it is about, from 0.
func atRequest(f *callError, index int) *callError {
	at := *f
	at.metadata = map[string]string{"request": strconv.Itoa(index)}
	maps.Copy(at.metadata, f.metadata)
	return &at
}

func detokenized(d *bridge.Detokenizer, ids []int32, withEvents bool) (*mistralbridgev1.DetokenizeStreamResponse, error) {
	out := &mistralbridgev1.DetokenizeStreamResponse{}
	if !withEvents {
		var err error
		out.Text, err = d.Add(ids...)
		return out, err
	}
	events, err := d.Events(ids...)
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, e := range events {
		text = append(text, e.Text...)
		out.Events = append(out.Events, &mistralbridgev1.DetokenizeEvent{
			// The numbers are those of the bridge, and one more: 0 is nothing.
			Kind: mistralbridgev1.DetokenizeEventKind(e.Kind + 1), Id: e.ID, Name: e.Name, Text: e.Text,
		})
	}
	out.Text = string(text)
	return out, nil
}

// flushed is what is left when the client has no more ids.
func flushed(d *bridge.Detokenizer, withEvents bool) *mistralbridgev1.DetokenizeStreamResponse {
	out := &mistralbridgev1.DetokenizeStreamResponse{Text: d.Flush()}
	if withEvents && out.Text != "" {
		out.Events = []*mistralbridgev1.DetokenizeEvent{{
			Kind: mistralbridgev1.DetokenizeEventKind_DETOKENIZE_EVENT_KIND_TEXT, Id: -1, Text: out.Text,
		}}
	}
	return out
}

// sendText sends an answer, whose memory the intake has to know of: it may be far larger
// than its request.
func sendText(stream grpc.BidiStreamingServer[mistralbridgev1.DetokenizeStreamRequest, mistralbridgev1.DetokenizeStreamResponse], out *mistralbridgev1.DetokenizeStreamResponse) error {
	if in := intakeOf(stream.Context()); in != nil {
		in.Answers(proto.Size(out))
	}
	return stream.Send(out)
}
