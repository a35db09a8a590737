// Latency measures how long the tokens of a chat take by mtok serve's render route and in this
// process, in turn: medians of each, and the processor time of both sides.
//
//	go run ./cmd/latency -n 200
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/integrations/llmd"
	"github.com/mistralbridge/mistralbridge/integrations/llmd/internal/serve"
)

func main() {
	n := flag.Int("n", 200, "calls of each size; a tenth of 100 KB")
	repository := flag.String("repository", "../..", "where mtok is built from")
	name := flag.String("tokenizer", "v3-tekken", "a shipped tokenizer")
	flag.Parse()
	if err := measure(context.Background(), *n, *repository, *name); err != nil {
		log.Fatal(err)
	}
}

func measure(ctx context.Context, n int, repository, name string) error {
	dir, err := os.MkdirTemp("", "latency-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := serve.Build(ctx, repository, dir)
	if err != nil {
		return err
	}
	server, err := serve.Start(ctx, program, "--model="+name+"=m", "--access-log", "off", "--workers", "0")
	if err != nil {
		return err
	}
	defer server.Stop()
	remote, err := llmd.NewRemote(llmd.Config{ModelName: "m", URLs: []string{server.URL}})
	if err != nil {
		return err
	}
	defer remote.Close()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		return err
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped(name))
	if err != nil {
		return err
	}
	local, err := llmd.NewLocal(tok, 1<<20, "m")
	if err != nil {
		return err
	}
	fmt.Printf("%-8s %7s   %-22s   %-22s   %s\n", "chat", "tokens", "mtok serve", "in this process", "ratio")
	for _, kb := range []int{1, 16, 100} {
		calls := n
		if kb == 100 {
			calls = max(1, n/10)
		}
		row, err := compare(ctx, kb, calls, server.Pid(), remote, local)
		if err != nil {
			return err
		}
		fmt.Println(row)
	}
	return nil
}

// side is one of two producers.
type side struct {
	producer llmd.Producer
	took     []time.Duration
	cpu      time.Duration
}

// compare makes calls in turn, of chats that are all different.
func compare(ctx context.Context, kb, calls, pid int, remote, local llmd.Producer) (string, error) {
	sides := []side{{producer: remote}, {producer: local}}
	tokens := 0
	const warm = 3
	for i := range calls + warm {
		req := llmd.Request{API: llmd.ChatCompletions, Body: chat(kb, i)}
		for s := range sides {
			before, err := processorTime(pid)
			if err != nil {
				return "", err
			}
			start := time.Now()
			prompts, err := sides[s].producer.Produce(ctx, req)
			took := time.Since(start)
			if err != nil {
				return "", err
			}
			after, err := processorTime(pid)
			if err != nil {
				return "", err
			}
			if tokens = len(prompts[0].TokenIDs); i >= warm {
				sides[s].took, sides[s].cpu = append(sides[s].took, took), sides[s].cpu+after-before
			}
		}
	}
	row := fmt.Sprintf("%-8s %7d", fmt.Sprintf("%d KB", kb), tokens)
	for _, s := range sides {
		slices.Sort(s.took)
		row += fmt.Sprintf("   %8s, cpu %8s", s.took[calls/2].Round(time.Microsecond), (s.cpu / time.Duration(calls)).Round(time.Microsecond))
	}
	return row + fmt.Sprintf("   %.2f, cpu %.2f", float64(sides[0].took[calls/2])/float64(sides[1].took[calls/2]), float64(sides[0].cpu)/float64(sides[1].cpu)), nil
}

// chat is a request of about so many kilobytes, like no other.
func chat(kb, i int) []byte {
	text := fmt.Sprintf("%d. ", i)
	for n := i; len(text) < kb<<10; n++ {
		text += words[n*n%len(words)] + " "
	}
	return fmt.Appendf(nil, `{"model": "m", "messages": [{"role": "user", "content": %q}]}`, text)
}

var words = strings.Fields("the router asks which server has seen most of a prompt before and sends it there because what is cached need not be computed again")

// processorTime is that of this process and of the server.
func processorTime(pid int) (time.Duration, error) {
	var own unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &own); err != nil {
		return 0, err
	}
	all, err := threads(pid)
	if err != nil {
		return 0, err
	}
	return time.Duration(own.Utime.Nano()+own.Stime.Nano()) + all, nil
}

// threads is what the scheduler gave to the threads of a process, in nanoseconds.
func threads(pid int) (sum time.Duration, err error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	tasks, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, task := range tasks {
		text, err := os.ReadFile(dir + "/" + task.Name() + "/schedstat")
		if err != nil {
			continue // it has ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}
