package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
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
	given := map[string]bool{}
	flags.Visit(func(flag *pflag.Flag) { given[flag.Name] = true })
	flags.VisitAll(func(flag *pflag.Flag) {
		value, ok := os.LookupEnv(variable(flag.Name))
		if !ok || given[flag.Name] || given[sameAs[flag.Name]] || flag.Name == "help" {
			return
		}
		if value == "" && sameAs[flag.Name] != "" {
			return // no model at all is never meant
		}
		if f.variables[sameAs[flag.Name]] {
			errs = append(errs, fmt.Errorf("%s and %s are the same setting: give one of them", variable(sameAs[flag.Name]), variable(flag.Name)))
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

// sameAs are flags that are others by another name.
var sameAs = map[string]string{"tokenizer": "model", "model": "tokenizer"}

// unknownVariables are those that look like settings and are none. They are reported and no
// error: a Kubernetes Service named mtok-serve gives every pod beside it MTOK_SERVE_PORT.
func unknownVariables(flags *pflag.FlagSet) (names []string) {
	known := map[string]bool{}
	flags.VisitAll(func(flag *pflag.Flag) { known[variable(flag.Name)] = flag.Name != "help" })
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, variable("")) && !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// place is where a flag's value was written.
func (f *serveFlags) place(flag string) string {
	if same := sameAs[flag]; same != "" && (f.variables[same] || f.cmd.Flags().Changed(same)) && !f.cmd.Flags().Changed(flag) {
		flag = same
	}
	if f.variables[flag] {
		return variable(flag)
	}
	return "--" + flag
}
