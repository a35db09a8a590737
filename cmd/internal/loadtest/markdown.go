package loadtest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// WriteMarkdown writes the page that docs/LOAD.md is.
func (r *Report) WriteMarkdown(w io.Writer, command string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Under load\n\nMade by `%s` on %d processors (%s), the client beside the servers on the same ones.\n\n", command, r.CPUs, r.CPU)
	b.WriteString("| server | versions | memory after all of it |\n|---|---|--:|\n")
	for _, name := range slices.Sorted(maps.Keys(r.Memory)) {
		fmt.Fprintf(&b, "| %s | %s | %d MB |\n", name, versions(r.Versions[name]), r.Memory[name]>>20)
	}
	for _, n := range r.NotRun {
		fmt.Fprintf(&b, "\n**Not run: %s**: %s\n", n.Server, n.Why)
	}
	fmt.Fprintf(&b, `
All servers are started with the settings that they have by themselves, on the same Tekken tokenizer, and answer the same chats of one
message; mtok serve by itself has a worker for each processor, and *embedded* is --workers 0. Before anything is measured the tokens of texts of all sizes below are compared, and are the same from all%s Every
request has a text that no server has seen before; every answer's status and number of tokens are checked. A connection
sends a request when it has the answer to the one before. Memory that processes share is counted once.

## 1 KB

Medians of %d rounds of %g s, the servers in turn; the longest time is that of all rounds. *×* is the rate divided by that of the
other server on the same route. Health is asked for every 10 ms: each millisecond would be a third of what the slowest server can
do. Processor times are for each answer.

`, r.differing(), r.Rounds, r.Seconds)
	b.WriteString("| connections | route | server | req/s | × | p50 ms | p99 | max | health: p99 ms | max | server µs | client µs | answers |\n" +
		"|--:|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, c := range r.sorted() {
		fmt.Fprintf(&b, "| %d | %s | %s | %.0f | %s | %.2f | %.2f | %.1f | %.2f | %.1f | %.0f | %.0f | %s |\n", c.Connections, path(c.Route), r.named(c), c.Rate,
			r.ratio(c), c.P50, c.P99, c.Max, c.Health.P99, c.Health.Max, c.ServerCPU, c.ClientCPU, answers(c))
	}
	r.besideTable(&b)
	r.overloadTable(&b)
	r.killTable(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) besideTable(b *strings.Builder) {
	b.WriteString(`
## 1 KB while large requests stream beside it

One connection sends large requests, one after another. Health is asked for each millisecond, and its time counts
from when it was due, asked or not; *own* is how late the client itself was. The server of mistral_common has no route for its
health: it is asked for ` + "`/`" + `, which redirects.

| beside | connections | server | req/s | p50 ms | p99 | max | large: answers | p50 ms | health: p50 ms | p99 | max | own p99 | answers |
|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
`)
	for _, c := range r.Beside {
		h := c.Health
		fmt.Fprintf(b, "| %s | %d | %s | %.0f | %.1f | %.1f | %.0f | %d | %.0f | %.2f | **%.2f** | **%.1f** | %.2f | %s |\n", size(c.Beside), c.Connections,
			r.named(c), c.Rate, c.P50, c.P99, c.Max, c.BesideN, c.BesideP50, h.P50, h.P99, h.Max, h.OwnP99, answers(c))
	}
}

func (r *Report) overloadTable(b *strings.Builder) {
	if len(r.Overload) == 0 {
		return
	}
	b.WriteString(`
## More than it can do

Requests of 1 KB are due at fixed times, four times as many as the server did above, on more connections than its queue
has places. *Bad* is everything but a right answer and a 429 with Retry-After. *Of what it can* is answered/s ÷ what it did
above. Refusals and the client take their processor time from the answers: what one costs is what is left of the times of both
sides after the answers, at their cost of above; *with refusals* counts each at so much of an answer.

| server | connections | asked/s | answered/s | of what it can | a refusal: server µs | client µs | with refusals | p50 ms | p99 | statuses | bad |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|
`)
	for _, o := range r.Overload {
		fmt.Fprintf(b, "| %s | %d | %.0f | %.0f | %.2f | %.0f | %.0f | **%.2f** | %.0f | %.0f | %s | **%d** |\n", o.Server, o.Connections, o.Offered, o.Rate,
			o.Share, o.RefusalCPU, o.RefusalOurs, o.Worth, o.P50, o.P99, o.Statuses, o.Bad)
	}
}

func (r *Report) killTable(b *strings.Builder) {
	if len(r.Kill) == 0 {
		return
	}
	b.WriteString("\n## Workers killed under load\n\nThe busiest worker process is killed with SIGKILL while requests of 1 KB come.\n\n" +
		"| server | connections | killed | requests | lost | statuses | slowest answer ms |\n|---|--:|--:|--:|--:|---|--:|\n")
	for _, k := range r.Kill {
		fmt.Fprintf(b, "| %s | %d | %d | %d | **%d** | %s | %.0f |\n", k.Server, k.Connections, k.Kills, k.Requests, k.Lost, k.Statuses, k.Max)
	}
}

// sorted are the plain cells by connections and route, the other server of each route first.
func (r *Report) sorted() []Cell {
	return slices.SortedStableFunc(slices.Values(r.Plain), func(a, b Cell) int {
		if a.Connections != b.Connections {
			return a.Connections - b.Connections
		}
		if a.Route != b.Route {
			return strings.Compare(path(a.Route), path(b.Route))
		}
		return strings.Compare(yes(isOurs(a)), yes(isOurs(b)))
	})
}

// differing ends the sentence about equal tokens.
func (r *Report) differing() string {
	if len(r.Differs) == 0 {
		return "."
	}
	var b strings.Builder
	b.WriteString(" but these:\n\n| server | route | text | tokens | right are |\n|---|---|--:|--:|--:|\n")
	for _, d := range r.Differs {
		tokens := strconv.Itoa(d.Tokens)
		if d.Why != "" {
			tokens = "none: " + strings.NewReplacer("|", "\\|", "\n", " ").Replace(d.Why)
		}
		fmt.Fprintf(&b, "| **%s** | %s | %s | %s | %d |\n", d.Server, path(d.Route), size(d.Bytes), tokens, d.Wanted)
	}
	b.WriteByte('\n') // what follows is no row
	return b.String()
}

// named is a server by its name, and whether its tokens are others.
func (r *Report) named(c Cell) string {
	if r.others(c.Server, c.Route) {
		return c.Server + ", **other tokens**"
	}
	return c.Server
}

// ratio is how many times the rate of the other server with the same tokens a rate of ours is.
func (r *Report) ratio(c Cell) string {
	for _, other := range r.Plain {
		if isOurs(c) && !isOurs(other) && !r.others(other.Server, other.Route) && other.Route == c.Route && other.Connections == c.Connections && other.Rate > 0 {
			return fmt.Sprintf("**%.1f**", c.Rate/other.Rate)
		}
	}
	return ""
}

func isOurs(c Cell) bool { return strings.HasPrefix(c.Server, ours) }

func yes(b bool) string { return fmt.Sprint(b) }

func path(route string) string {
	r, err := FindRoute(route)
	if err != nil {
		return route
	}
	return "`" + r.Path + "`"
}

func answers(c Cell) string {
	if c.Bad == 0 {
		return c.Statuses.String()
	}
	return fmt.Sprintf("%s; **%d bad**: %s", c.Statuses, c.Bad, strings.NewReplacer("|", "\\|", "\n", " ").Replace(c.Problem))
}

func versions(all map[string]string) string {
	parts := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		parts = append(parts, name+" "+all[name])
	}
	return strings.Join(parts, ", ")
}
