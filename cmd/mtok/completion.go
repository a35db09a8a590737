package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/conformance"
	"github.com/mistralbridge/mistralbridge/cmd/internal/loadtest"
)

// choices are the values of flags that have certain ones, for the shell, which asks while a
// user types: no Python may start for them. A command's name goes before where a flag of
// the same name means something else there.
var choices = map[string]func() []string{
	"tokenizer": sources, "serve model": sources, "conformance tokenizer": conformance.Tokenizers,
	"mode":      func() []string { return modes },
	"policy":    func() []string { return policies },
	"at":        boundaryNames,
	"env":       environments,
	"with":      offers,
	"backend":   func() []string { return backends },
	"route":     loadRoutes,
	"category":  func() []string { return strings.Split(joinCategories(), ", ") },
	"case":      caseNames,
	"records":   func() []string { return recordKinds },
	"format":    bulk.Formats,
	"on-error":  func() []string { return onErrors },
	"log-level": func() []string { return logLevels }, "log-format": func() []string { return logFormats },
	"access-log": func() []string { return onOff },
}

// files are the flags that name a file, and dirs those that name a directory.
var (
	files = []string{
		"python", "image", "audio", "schema", "requirements", "uds", "tls-cert", "tls-key", "api-key-file", "write",
		"mistral-common", "vllm", "to",
	}
	dirs = []string{"cache", "adapters", "out"}
)

// addCompletions registers with the shell the values of every flag in the tree, and that
// a command without arguments has none.
func addCompletions(c *cobra.Command) {
	add := func(f *pflag.Flag) {
		switch values := choicesOf(c, f.Name); {
		case f.Value.Type() == "bool":
		case values != nil:
			_ = c.RegisterFlagCompletionFunc(f.Name, completion(f, values)) // only twice would be an error
		case slices.Contains(dirs, f.Name):
			_ = c.RegisterFlagCompletionFunc(f.Name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return nil, cobra.ShellCompDirectiveFilterDirs
			})
		case !slices.Contains(files, f.Name):
			_ = c.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
	}
	c.PersistentFlags().VisitAll(add)
	c.LocalNonPersistentFlags().VisitAll(add)
	if c.ValidArgsFunction == nil && !strings.Contains(c.Use, " ") && c.HasParent() {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, sub := range c.Commands() {
		addCompletions(sub)
	}
}

func choicesOf(c *cobra.Command, flag string) func() []string {
	if values := choices[c.Name()+" "+flag]; values != nil {
		return values
	}
	return choices[flag]
}

// completion offers the values, in a list after what stands there already. What may be a
// file as well is the shell's to complete where no value fits.
func completion(f *pflag.Flag, values func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := ""
		if _, list := f.Value.(pflag.SliceValue); list {
			before = typed[:strings.LastIndex(typed, ",")+1]
		}
		var fit []string
		for _, v := range values() {
			if strings.HasPrefix(v, typed[len(before):]) {
				fit = append(fit, before+v)
			}
		}
		if f.Name == "tokenizer" || f.Name == "model" {
			return fit, cobra.ShellCompDirectiveDefault
		}
		return fit, cobra.ShellCompDirectiveNoFileComp
	}
}

// sources are the tokenizers that come with mistral_common, by name and by model.
func sources() []string { return slices.Concat(shippedNames, shippedModels) }

// shippedNames and shippedModels are what the reference's own tables have, which a test
// compares.
var (
	shippedNames  = []string{"v1", "v2", "v3", "v3-tekken", "v3-tekken-mm", "v7", "v7-mm"}
	shippedModels = []string{
		"codestral-2405", "codestral-mamba-2407", "ministral-8b-2410", "mistral-large-2402", "mistral-large-2407",
		"mistral-large-2411", "mistral-medium-2312", "mistral-small-2312", "mistral-small-2402", "mistral-small-2409",
		"mistral-tiny-2312", "mistral-tiny-2407", "mistralai/Mistral-7B-Instruct-v0.3", "open-mistral-nemo-2407",
		"open-mixtral-8x22b-2404", "pixtral-12b-2409", "pixtral-large-2411",
	}
)

func environments() []string {
	named := namedEnvironments()
	names := append(make([]string, 0, 1+len(named)), "default")
	for _, n := range named {
		names = append(names, n.name)
	}
	return names
}

func offers() []string {
	named := namedEnvironments()
	all := append(make([]string, 0, 1+len(named)), "vllm")
	for _, n := range named {
		all = append(all, "vllm="+n.vllm())
	}
	return all
}

func loadRoutes() (names []string) {
	for _, r := range loadtest.Routes() {
		names = append(names, r.Name)
	}
	return names
}
