package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// idLines is where decode --stream reads from, and what closes it.
func idLines(s streams, args []string) (io.Reader, func(), error) {
	switch {
	case len(args) == 0 || len(args) == 1 && args[0] == "-":
		return stdin(s), func() {}, nil
	case len(args) == 1 && strings.HasPrefix(args[0], "@"):
		f, err := os.Open(args[0][1:])
		if err != nil {
			return nil, nil, noFile(args[0], err)
		}
		return f, func() { _ = f.Close() }, nil
	}
	return strings.NewReader(strings.Join(args, " ")), func() {}, nil
}

// decodeStream writes the text of each line of ids before it reads the next one.
func decodeStream(s streams, in io.Reader, d *bridge.Detokenizer) error {
	write := func(text string) error {
		if isTerminal(s.out) {
			text = visible(text)
		}
		_, err := io.WriteString(s.out, text)
		return err
	}
	lines := bufio.NewReader(in)
	for n := 1; ; n++ {
		line, readErr := lines.ReadString('\n')
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return usageError{fmt.Errorf("read ids: %w", readErr)}
		}
		ids, err := parseIDs(line)
		text := ""
		if err == nil {
			text, err = d.Add(ids...)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if readErr != nil {
			text += d.Flush()
		}
		if err := write(text); err != nil || readErr != nil {
			return err
		}
	}
}
