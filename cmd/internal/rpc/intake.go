package rpc

import (
	"context"

	"google.golang.org/grpc/status"
)

// Intake is what reads the messages of a call where an http.Server hands it on. It is notified
// of each, so that it knows what is held. Its methods must be safe for any number of
// goroutines.
type Intake interface {
	Took()             // a message of the caller's has been taken
	Answers(bytes int) // one of that size is going to be sent to the caller
	Answered()         // it has been
}

type intakeKey struct{}

// WithIntake gives a call's context its intake.
func WithIntake(ctx context.Context, in Intake) context.Context {
	return context.WithValue(ctx, intakeKey{}, in)
}

func intakeOf(ctx context.Context) Intake {
	in, _ := ctx.Value(intakeKey{}).(Intake)
	return in
}

// StatusOf is the status of an error of the engine or the bridge, or of ErrUnauthenticated.
func StatusOf(err error) *status.Status { return explain(context.Background(), err).GRPCStatus() }
