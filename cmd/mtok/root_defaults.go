package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// refuseUnknownTopics lets mtok help end with 2 where it knows no such command.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, err := root.Find([]string{"help"})
	if err != nil {
		return
	}
	help.Args = func(_ *cobra.Command, args []string) error {
		if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
			return usageError{fmt.Errorf("there is no command %q; see mtok --help", strings.Join(args, " "))}
		}
		return nil
	}
}

// refuseUnknownShells lets mtok completion end with 2 where it knows no such shell.
func refuseUnknownShells(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	c, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var shells []string
		for _, sub := range c.Commands() {
			shells = append(shells, sub.Name())
		}
		return usageError{fmt.Errorf("there is no completion for %q; there is for %s", args[0], strings.Join(shells, ", "))}
	}
	c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
}
