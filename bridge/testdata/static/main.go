// Static opens the bridge in a program that a test links statically.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func main() {
	ctx := context.Background()
	_, err := bridge.Open(ctx, bridge.WithPython(os.Args[1]))
	fmt.Println(errors.Is(err, bridge.ErrStatic), bridge.ReasonOf(err), err)
	rt, err := bridge.Open(ctx, bridge.WithPython(os.Args[1]), bridge.WithWorkers(1))
	if err == nil {
		_, err = rt.Load(ctx, bridge.Shipped("v3"))
		err = errors.Join(err, rt.Close(ctx))
	}
	fmt.Println("with workers:", err)
}
