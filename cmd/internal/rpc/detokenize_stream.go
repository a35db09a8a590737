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
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

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
		text, said, err := engine.Streamed(d, in.GetTokens(), events)
		if err != nil {
			return atRequest(explain(ctx, err), index)
		}
		count(ctx, len(in.GetTokens()))
		if err := sendText(stream, detokenized(text, said)); err != nil {
			return err
		}
		if in, err = stream.Recv(); errors.Is(err, io.EOF) {
			return sendText(stream, detokenized(engine.Flushed(d, events)))
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
	case len(in.GetTokens()) > engine.MaxStreamIDs:
		return atRequest(invalid(fmt.Sprintf("a request of a stream has at most %d tokens: send the rest in the next", engine.MaxStreamIDs)), index)
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

func detokenized(text string, events []bridge.Event) *mistralbridgev1.DetokenizeStreamResponse {
	out := &mistralbridgev1.DetokenizeStreamResponse{Text: text}
	for _, e := range events {
		out.Events = append(out.Events, &mistralbridgev1.DetokenizeEvent{
			// The numbers are those of the bridge, and one more: 0 is nothing.
			Kind: mistralbridgev1.DetokenizeEventKind(e.Kind + 1), Id: e.ID, Name: e.Name, Text: e.Text,
		})
	}
	return out
}

// sendText sends an answer, whose memory the intake has to count: it may be far larger
// than its request.
func sendText(stream grpc.BidiStreamingServer[mistralbridgev1.DetokenizeStreamRequest, mistralbridgev1.DetokenizeStreamResponse], out *mistralbridgev1.DetokenizeStreamResponse) error {
	if in := intakeOf(stream.Context()); in != nil {
		in.Answers(proto.Size(out))
	}
	return stream.Send(out)
}
