package deploy

import (
	"os"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const containerfile = "../container/Containerfile"

// parsed is a recipe as BuildKit reads it: its stages, and its linter's warnings.
func parsed(t *testing.T, recipe string) (stages []instructions.Stage, args []instructions.ArgCommand, complaints []string) {
	t.Helper()
	result, err := parser.Parse(strings.NewReader(recipe))
	require.NoError(t, err)
	for _, w := range result.Warnings {
		complaints = append(complaints, w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		complaints = append(complaints, rule+": "+message)
	}})
	stages, args, err = instructions.Parse(result.AST, lint)
	require.NoError(t, err)
	return stages, args, complaints
}

func recipe(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(containerfile)
	require.NoError(t, err)
	return string(text)
}

func TestContainerfile_parses(t *testing.T) {
	_, _, complaints := parsed(t, recipe(t))
	assert.Empty(t, complaints)
	_, _, complaints = parsed(t, strings.Replace(recipe(t), " AS base", " as base", 1))
	assert.NotEmpty(t, complaints, "the linter finds nothing")
}

// image is what a stage ends as, with the stages below it.
type image struct {
	user       string
	env        map[string]string
	labels     map[string]string
	entrypoint []string
	cmd        []string
	ports      []string
	health     bool
	copies     []string // of other stages
}

func imageOf(t *testing.T, stages []instructions.Stage, name string) image {
	t.Helper()
	for _, s := range stages {
		if s.Name != name {
			continue
		}
		out := image{env: map[string]string{}, labels: map[string]string{}}
		if !strings.HasPrefix(s.BaseName, "${") && s.BaseName != "scratch" {
			out = imageOf(t, stages, s.BaseName)
		}
		for _, c := range s.Commands {
			switch c := c.(type) {
			case *instructions.UserCommand:
				out.user = c.User
			case *instructions.EnvCommand:
				for _, kv := range c.Env {
					out.env[kv.Key] = kv.Value
				}
			case *instructions.LabelCommand:
				for _, kv := range c.Labels {
					out.labels[kv.Key] = kv.Value
				}
			case *instructions.EntrypointCommand:
				out.entrypoint = c.CmdLine
			case *instructions.CmdCommand:
				out.cmd = c.CmdLine
			case *instructions.ExposeCommand:
				out.ports = append(out.ports, c.Ports...)
			case *instructions.HealthCheckCommand:
				out.health = true
			case *instructions.CopyCommand:
				if c.From != "" {
					out.copies = append(out.copies, c.From)
				}
			}
		}
		return out
	}
	require.Failf(t, "no such stage", "%s", name)
	return image{}
}

func TestContainerfile_images(t *testing.T) {
	stages, _, _ := parsed(t, recipe(t))
	for name, cmd := range map[string][]string{
		"mtok":      {"serve"},
		"mtok-vllm": {"serve", "--env", "vllm"},
	} {
		t.Run(name, func(t *testing.T) {
			got := imageOf(t, stages, name)
			assert.Equal(t, "65532:65532", got.user, "a number, which runAsNonRoot can distinguish from root")
			assert.Equal(t, []string{"mtok"}, got.entrypoint)
			assert.Equal(t, cmd, got.cmd)
			assert.Equal(t, []string{"8000"}, got.ports)
			assert.Equal(t, ":8000", got.env["MTOK_SERVE_ADDR"])
			assert.Equal(t, "1", got.env["MTOK_OFFLINE"], "an image is whole, and fetches nothing")
			assert.False(t, got.health, "probes are the orchestrator's")
			assert.Contains(t, got.copies, "build")
			for _, label := range []string{"title", "description", "licenses", "version", "revision"} {
				assert.NotEmpty(t, got.labels["org.opencontainers.image."+label], label)
			}
		})
	}
	assert.Equal(t, "mtok", stages[len(stages)-1].Name, "what is built without --target")
}
