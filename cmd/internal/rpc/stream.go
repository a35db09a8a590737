package rpc

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// A full queue is waited for, in steps from the first to the last of these.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = 200 * time.Millisecond
)

// item is a request of a stream with its outcome.
type item struct {
	in  *mistralbridgev1.TokenizeStreamRequest
	out *mistralbridgev1.TokenizeStreamResponse
	err error
}

// TokenizeStream reads on one goroutine and answers on this one. Between them are at most
// window requests: when the caller does not read, Send waits, then Push, and then nothing is
// read from the connection.
func (s *tokenizerService) TokenizeStream(stream grpc.BidiStreamingServer[mistralbridgev1.TokenizeStreamRequest, mistralbridgev1.TokenizeStreamResponse]) error {
	ctx := stream.Context()
	work := async.NewStream(ctx, s.window, s.begin)
	defer work.Stop()
	ended := make(chan error, 1)
	go func() {
		// Ends with the stream at the latest: then Recv fails.
		ended <- s.read(stream, work)
		work.Close()
	}()
	index := uint64(0)
	for done, err := range work.Results() {
		if err != nil {
			return err // the stream's ctx has ended
		}
		done = s.whenFull(ctx, done)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		resp := done.out
		if done.err != nil {
			explained := explain(ctx, done.err)
			s.blame.report(ctx, explained)
			failed := explained.proto()
			resp = &mistralbridgev1.TokenizeStreamResponse{Answer: &mistralbridgev1.TokenizeStreamResponse_Failure{Failure: failed}}
		}
		resp.Index = index
		index++
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
	return <-ended
}

func (s *tokenizerService) read(
	stream grpc.BidiStreamingServer[mistralbridgev1.TokenizeStreamRequest, mistralbridgev1.TokenizeStreamResponse],
	work *async.Stream[*mistralbridgev1.TokenizeStreamRequest, item],
) (err error) {
	ctx := stream.Context()
	defer recovered(ctx, s.log, "TokenizeStream", &err)
	for {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := work.Push(ctx, in); err != nil {
			return err
		}
	}
}

// begin starts one request. Its future never fails: the item has the error, and the request
// for another try.
func (s *tokenizerService) begin(ctx context.Context, in *mistralbridgev1.TokenizeStreamRequest) *async.Future[item] {
	ctx, cancel := withLimit(ctx, s.timeout)
	switch r := in.GetRequest().(type) {
	case *mistralbridgev1.TokenizeStreamRequest_Tokenize:
		return outcome(ctx, cancel, in, s.tokenize(ctx, r.Tokenize), func(a *mistralbridgev1.TokenizeResponse) *mistralbridgev1.TokenizeStreamResponse {
			return &mistralbridgev1.TokenizeStreamResponse{Answer: &mistralbridgev1.TokenizeStreamResponse_Tokenize{Tokenize: a}}
		})
	case *mistralbridgev1.TokenizeStreamRequest_TokenizeChat:
		return outcome(ctx, cancel, in, s.tokenizeChat(ctx, r.TokenizeChat), func(a *mistralbridgev1.TokenizeChatResponse) *mistralbridgev1.TokenizeStreamResponse {
			return &mistralbridgev1.TokenizeStreamResponse{Answer: &mistralbridgev1.TokenizeStreamResponse_TokenizeChat{TokenizeChat: a}}
		})
	case *mistralbridgev1.TokenizeStreamRequest_Count:
		return outcome(ctx, cancel, in, s.count(ctx, r.Count), func(a *mistralbridgev1.CountResponse) *mistralbridgev1.TokenizeStreamResponse {
			return &mistralbridgev1.TokenizeStreamResponse{Answer: &mistralbridgev1.TokenizeStreamResponse_Count{Count: a}}
		})
	}
	cancel()
	return async.Ready(item{err: invalid("the request has neither tokenize nor tokenize_chat nor count")})
}

func outcome[T any](
	ctx context.Context, cancel context.CancelFunc, in *mistralbridgev1.TokenizeStreamRequest,
	f *async.Future[T], wrap func(T) *mistralbridgev1.TokenizeStreamResponse,
) *async.Future[item] {
	return async.Lazy(f, func() (item, error) {
		defer cancel()
		answer, err := f.Result()
		if err != nil {
			if !errors.Is(err, bridge.ErrOverloaded) {
				err = explain(ctx, err)
			}
			return item{in: in, err: err}, nil
		}
		return item{out: wrap(answer)}, nil
	})
}

// whenFull tries a request again that found the queue full: a stream is there to wait, and
// meanwhile nothing more is read from it. The time limit of the request is for one try.
func (s *tokenizerService) whenFull(ctx context.Context, done item) item {
	for pause := firstPause; errors.Is(done.err, bridge.ErrOverloaded); pause = min(2*pause, lastPause) {
		select {
		case <-ctx.Done():
			return item{err: ctx.Err()}
		case <-time.After(pause):
		}
		again, err := s.begin(ctx, done.in).Await(ctx)
		if err != nil {
			return item{err: err}
		}
		done = again
	}
	return done
}
