package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// complete asks as a shell does.
func complete(args ...string) (values []string, directive string) {
	_, out := runHere("", append([]string{cobra.ShellCompRequestCmd}, args...)...)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if d, ok := strings.CutPrefix(line, ":"); ok {
			return values, d
		}
		values = append(values, line)
	}
	return nil, ""
}

func TestCompletion_values(t *testing.T) {
	const noFile, anyFile, dirOnly = "4", "0", "16"
	for _, c := range []struct {
		line, want, directive string
	}{
		{"encode -t v3-", "v3-tekken v3-tekken-mm", anyFile},
		{"count --tokenizer v7", "v7 v7-mm", anyFile},
		{"verify -t v1", "v1", anyFile},
		{"bench -t v1,v2", "v1,v2", anyFile},
		{"serve --model v7", "v7 v7-mm", anyFile},
		{"serve -t mistralai/", "mistralai/Mistral-7B-Instruct-v0.3", anyFile},
		{"conformance -t v3", "v3 v3-tekken v3-tekken-mm", anyFile},
		{"conformance export --tokenizer v1", "v1", anyFile},
		{"vocab -t ./", "", anyFile},
		{"encode --mode ", "test serving finetuning agnostic", noFile},
		{"serve --mode s", "serving", noFile},
		{"decode --policy ", "ignore keep raise", noFile},
		{"doctor --env ", "default vllm-0.11.2 vllm", noFile},
		{"serve --env v", "vllm-0.11.2 vllm", noFile},
		{"load host:1 --route ", "tokenize render mistral", noFile},
		{"exec --backend ", "embedded pool", noFile},
		{"bench --case too", "tools, new tools, as before", noFile},
		{"setup --with vllm=0.11", "vllm=0.11.2", noFile},
		{"serve --log-level w", "warn", noFile},
		{"serve --log-format ", "text json", noFile},
		{"serve --access-log ", "on off", noFile},
		{"conformance --category numbers,whi", "numbers,whitespace", noFile},
		{"serve --queue ", "", noFile},
		{"load host:1 --model ", "", noFile},
		{"encode --image ", "", anyFile},
		{"count --cache ", "", dirOnly},
		{"doctor ", "", noFile},
	} {
		got, directive := complete(strings.Split(c.line, " ")...)
		assert.Equal(t, c.want, strings.Join(got, " "), c.line)
		assert.Equal(t, c.directive, directive, c.line)
	}
}

// Every flag with a value says what that is: certain ones, a file, a directory, or nothing
// that a shell could know.
func TestCompletion_everyFlag(t *testing.T) {
	asked := 0
	tree(func(c *cobra.Command, path []string) {
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				return
			}
			asked++
			_, directive := complete(append(path, "--"+f.Name, "")...)
			source := f.Name == "tokenizer" || f.Name == "model"
			isFile := directive == "0"
			assert.Equal(t, isFile, source && choicesOf(c, f.Name) != nil || slices.Contains(files, f.Name), "%s --%s: %s", c.CommandPath(), f.Name, directive)
		})
	})
	assert.Greater(t, asked, 60)
}

// The names that the shell is offered are those of the reference, which lists its own when
// one that does not exist is requested.
func TestCompletion_tokenizers(t *testing.T) {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "MTOK_CACHE=" + cacheDir(t)}
	out, code := mtok(t, env, "", "count", "-t", "foo", "x")
	require.Equal(t, exitUsage, code, out)
	names := regexp.MustCompile(`it ships (.*?)\. Load`).FindStringSubmatch(out)
	models := regexp.MustCompile(`it does for (.*?)\. Download`).FindStringSubmatch(out)
	require.NotNil(t, names, out)
	require.NotNil(t, models, out)
	assert.Equal(t, strings.Split(names[1], ", "), shippedNames)
	assert.Equal(t, strings.Split(models[1], ", "), shippedModels)
}
