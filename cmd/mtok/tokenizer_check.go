package main

import (
	"errors"
	"fmt"
	"os"
	"unicode/utf8"
)

// tokenizerUsage is what every --tokenizer takes.
const tokenizerUsage = "shipped name, file, model directory or model id"

// checkSources finds names that cannot be tokenizers before any Python is started.
func checkSources(flag string, names []string) error {
	for _, name := range names {
		if err := checkSource(flag, name); err != nil {
			return err
		}
	}
	return nil
}

func checkSource(flag, name string) error {
	const way = "give a file, a model directory, a shipped name such as v3-tekken, or a model id"
	if name == "" {
		return usageError{errors.New(flag + ": empty; " + way)}
	}
	info, err := os.Stat(name)
	switch {
	case err != nil && looksLikePath(name):
		return usageError{fmt.Errorf("%s: %w; %s", flag, err, way)}
	case err != nil && !utf8.ValidString(name):
		return usageError{fmt.Errorf("%s: %q is neither a file nor a name; %s", flag, name, way)}
	case err != nil || info.IsDir():
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	return f.Close()
}
