package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

const bulkDir = "../kubernetes/bulk"

func bulkJob(t *testing.T) *batchv1.Job {
	t.Helper()
	objects, err := accept(built(t, bulkDir))
	require.NoError(t, err)
	return of[*batchv1.Job](t, objects)
}

// An API server takes the Job, as a namespace that wants restricted pods does, and refuses worse.
func TestJob_accepted(t *testing.T) {
	job := bulkJob(t)
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()},
		&job.Spec.Template.ObjectMeta, &job.Spec.Template.Spec))
	assert.True(t, result.Allowed, result.ForbiddenDetail())

	good := built(t, bulkDir)
	for name, c := range map[string]struct{ old, new, want string }{
		"tasks without a number": {"completionMode: Indexed", "completionMode: NonIndexed", "requires indexed completion mode"},
		"a pod that never ends":  {"restartPolicy: Never", "restartPolicy: Always", "valid values: \"OnFailure\", \"Never\""},
		"a field of a Pod":       {"backoffLimitPerIndex: 3", "backoffLimitPerTask: 3", "unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Replace(good, []byte(c.old), []byte(c.new), 1)
			require.NotEqual(t, string(good), string(bad), "nothing was replaced")
			_, err := accept(bad)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// The Job's pods, as processes that get what Kubernetes would give them, make what one run makes.
func TestJob_corpus(t *testing.T) {
	job, program, dir := bulkJob(t), mtok(t), t.TempDir()
	tasks := int(*job.Spec.Completions)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "in"), 0o700))
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "{\"text\": \"Document %d: %s\"}\n", i, strings.Repeat("naïve façade, ", i%20))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "in", "a.jsonl"), []byte(text.String()), 0o600))

	inPod := func(c corev1.Container, index int, more ...string) (string, error) {
		require.Equal(t, "/corpus", c.VolumeMounts[0].MountPath)
		args := append([]string{}, c.Args...)
		for i := range args {
			args[i] = strings.Replace(args[i], "/corpus", dir, 1)
		}
		cmd := exec.CommandContext(t.Context(), program, append(args, more...)...)
		cmd.Env = append(os.Environ(), "JOB_COMPLETION_INDEX="+strconv.Itoa(index))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	pod := job.Spec.Template.Spec
	out, err := inPod(pod.InitContainers[0], 0, "--shard-bytes", "4KiB")
	require.NoError(t, err, out)
	var g errgroup.Group
	g.SetLimit(2)
	for index := range tasks {
		g.Go(func() error {
			out, err := inPod(pod.Containers[0], index)
			if err != nil {
				err = fmt.Errorf("task %d: %w: %s", index, err, out)
			}
			return err
		})
	}
	require.NoError(t, g.Wait())

	one := exec.CommandContext(t.Context(), program, "bulk", "run", filepath.Join(dir, "in"), "--out", filepath.Join(dir, "one"), "--shard-bytes", "4KiB")
	text2, err := one.CombinedOutput()
	require.NoError(t, err, "%s", text2)
	var want, got struct {
		Digest string `json:"digest"`
		Counts struct {
			Documents int `json:"documents"`
		} `json:"counts"`
		Files []any `json:"files"`
	}
	for name, into := range map[string]any{"one": &want, "tokens": &got} {
		text, err := os.ReadFile(filepath.Join(dir, name, "manifest.json"))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, into))
	}
	assert.Equal(t, 300, want.Counts.Documents)
	assert.Greater(t, len(want.Files), 2*tasks, "there is work for all")
	assert.Equal(t, want, got)
}

// A task that Kubernetes starts without end would cost money: what will fail again ends the Job.
func TestJob_failurePolicy(t *testing.T) {
	job := bulkJob(t)
	pod := job.Spec.Template.Spec
	assert.Contains(t, strings.Join(pod.Containers[0].Args, " "), fmt.Sprintf("--count %d", *job.Spec.Completions))
	var codes []int32
	for _, rule := range job.Spec.PodFailurePolicy.Rules {
		if rule.Action == batchv1.PodFailurePolicyActionFailJob {
			codes = rule.OnExitCodes.Values
		}
	}
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"the command line": {"bulk", "work", "--out", dir, "--count", "0"},
		"no Python":        {"bulk", "plan", "testdata", "--out", filepath.Join(dir, "out"), "--records", "lines", "--python", "/nowhere/python"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), mtok(t), args...)
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Contains(t, codes, int32(cmd.ProcessState.ExitCode()), "%s", out) //nolint:gosec // a byte
		})
	}
}
