package loadtest

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes what a load met, for people.
func (o *Outcome) WriteText(w io.Writer) error {
	var b strings.Builder
	c := o.Cell
	fmt.Fprintf(&b, "%s, %d bytes, %d connections: %.0f requests/s, p50 %.2f ms, p99 %.2f ms, longest %.1f ms\n",
		c.Route, c.Bytes, c.Connections, c.Rate, c.P50, c.P99, c.Max)
	fmt.Fprintf(&b, "  answers    %s\n", answers(c))
	if c.Beside > 0 {
		fmt.Fprintf(&b, "  beside it  %d requests of %s, p50 %.0f ms\n", c.BesideN, size(c.Beside), c.BesideP50)
	}
	fmt.Fprintf(&b, "  health     p50 %.2f ms, p99 %.2f ms, longest %.1f ms (this side: p99 %.2f, longest %.1f)\n",
		c.Health.P50, c.Health.P99, c.Health.Max, c.Health.OwnP99, c.Health.OwnMax)
	fmt.Fprintf(&b, "  processor  this side %.0f µs an answer", c.ClientCPU)
	if c.ServerCPU > 0 {
		fmt.Fprintf(&b, ", the server %.0f µs", c.ServerCPU)
	}
	b.WriteString("\n")
	if v := o.Overload; v != nil {
		fmt.Fprintf(&b, "overload: %.0f requests/s asked on %d connections, %.0f answered (%.2f of what it can), p50 %.0f ms, p99 %.0f ms\n  answers    %s; bad: %d %s\n",
			v.Offered, v.Connections, v.Rate, v.Share, v.P50, v.P99, v.Statuses, v.Bad, v.Problem)
		if v.Worth > 0 {
			fmt.Fprintf(&b, "  processor  a refusal: the server %.0f µs, this side %.0f µs; with refusals at that cost: %.2f of what it can\n",
				v.RefusalCPU, v.RefusalOurs, v.Worth)
		}
	}
	if k := o.Kill; k != nil {
		fmt.Fprintf(&b, "%d workers killed: %d of %d requests lost, the slowest answer took %.0f ms\n  answers    %s %s\n",
			k.Kills, k.Lost, k.Requests, k.Max, k.Statuses, k.Problem)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
