package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// Python in two processes of their own: calls run beside each other, and a call whose context
// ends is really ended. It needs no cgo.
func Example_workers() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()), bridge.WithWorkers(2), bridge.WithTimeLimit(time.Minute))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		log.Fatal(err)
	}

	n, err := tok.CountText(ctx, "Hello, world!", false, false)
	var worker *bridge.WorkerError
	if errors.As(err, &worker) { // the process ended, and another one takes its place
		log.Fatal(worker.Kind, worker.Retryable())
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
	// Output:
	// 4
}
