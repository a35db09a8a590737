package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// variable is the environment variable of a flag.
func variable(flag string) string {
	return "MTOK_SERVE_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets the flags that the command line does not.
func (f *serveFlags) fromEnvironment(flags *pflag.FlagSet) error {
	f.variables = map[string]bool{}
	var errs []error
	flags.VisitAll(func(flag *pflag.Flag) {
		value, ok := os.LookupEnv(variable(flag.Name))
		if !ok || flag.Changed || flag.Name == "help" {
			return
		}
		f.variables[flag.Name] = true
		if err := flags.Set(flag.Name, value); err != nil {
			why := err
			if inner := errors.Unwrap(err); inner != nil {
				why = inner // without the name of the flag, which nobody wrote
			}
			errs = append(errs, fmt.Errorf("%s=%q: %w", variable(flag.Name), value, why))
		}
	})
	if err := errors.Join(errs...); err != nil {
		return usageError{err}
	}
	return nil
}

// place is where a flag's value was written.
func (f *serveFlags) place(flag string) string {
	if f.variables[flag] {
		return variable(flag)
	}
	return "--" + flag
}
