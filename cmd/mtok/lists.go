package main

import (
	"fmt"

	"github.com/spf13/pflag"
)

// checkLists refuses lists that were given with nothing in them, such as --tokenizer "$T"
// without a T. That there is no address can be meant.
func checkLists(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(f *pflag.Flag) {
		if list, ok := f.Value.(pflag.SliceValue); ok && len(list.GetSlice()) == 0 && f.Name != "addr" {
			err = usageError{fmt.Errorf("--%s: empty", f.Name)}
		}
	})
	return err
}
