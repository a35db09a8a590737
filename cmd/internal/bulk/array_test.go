package bulk

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Each scheduler's variables, and what is wrong with them.
func TestTaskOf(t *testing.T) {
	type env map[string]string
	for name, c := range map[string]struct {
		env   env
		count int
		want  Part
		err   string
	}{
		"Kubernetes":                {env: env{"JOB_COMPLETION_INDEX": "3"}, count: 4, want: Part{3, 4}},
		"Kubernetes, no count":      {env: env{"JOB_COMPLETION_INDEX": "3"}, err: "give --count, the Job's completions"},
		"AWS Batch":                 {env: env{"AWS_BATCH_JOB_ARRAY_INDEX": "9", "AWS_BATCH_JOB_ARRAY_SIZE": "10"}, want: Part{9, 10}},
		"AWS Batch, no size":        {env: env{"AWS_BATCH_JOB_ARRAY_INDEX": "9"}, err: `AWS_BATCH_JOB_ARRAY_SIZE is "", and no number`},
		"Slurm":                     {env: env{"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "4", "SLURM_ARRAY_TASK_COUNT": "5"}, want: Part{2, 5}},
		"Slurm, from one on":        {env: env{"SLURM_ARRAY_TASK_ID": "1", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_MAX": "5", "SLURM_ARRAY_TASK_COUNT": "5"}, err: "5 tasks from 1 to 5, and not all from 0 on: use --array=0-4"},
		"Slurm, some of them again": {env: env{"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_MAX": "7", "SLURM_ARRAY_TASK_COUNT": "2"}, count: 8, want: Part{7, 8}},
		"Slurm, in steps":           {env: env{"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "8", "SLURM_ARRAY_TASK_COUNT": "3"}, err: "3 tasks from 0 to 8, and not all"},
		"Slurm, too old for it":     {env: env{"SLURM_ARRAY_TASK_ID": "4"}, err: `SLURM_ARRAY_TASK_COUNT is "", and no number`},
		"no number":                 {env: env{"JOB_COMPLETION_INDEX": "x"}, count: 4, err: `JOB_COMPLETION_INDEX is "x", and no number`},
		"too large":                 {env: env{"JOB_COMPLETION_INDEX": "4"}, count: 4, err: "there is no task 4 of 4: they are numbered from 0 to 3"},
		"negative":                  {env: env{"JOB_COMPLETION_INDEX": "-1"}, count: 4, err: "there is no task -1 of 4"},
		"none":                      {env: env{}, count: 4, err: "none of JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX is set"},
		"two":                       {env: env{"JOB_COMPLETION_INDEX": "0", "SLURM_ARRAY_TASK_ID": "1"}, count: 4, err: "JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are set"},
	} {
		t.Run(name, func(t *testing.T) {
			part, err := TaskOf(func(name string) string { return c.env[name] }, c.count)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, part)
		})
	}
}

// The tasks of an array, however many, one after another or at once, make what one run makes, and
// the last of them the manifest.
func TestArray(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	want := whole(t, p)
	for _, count := range []int{1, 2, 3, len(p.Shards), len(p.Shards) + 3} {
		root := t.TempDir()
		working := min(count, len(p.Shards)) // others find nothing to do
		for index := range working {
			assert.NotContains(t, tree(t, root), ManifestName)
			require.NoError(t, runIn(t.Context(), root, p, Config{Parallel: 2, Part: Part{index, count}, Limit: Limit{None: true}}))
			for n := range p.Shards {
				_, made := tree(t, root)[commitName(n)]
				assert.Equal(t, n%count <= index, made, "shard %d behind task %d of %d", n, index, count)
			}
		}
		assert.Equal(t, want, tree(t, root), "%d tasks in a row", count)

		root = t.TempDir()
		var g errgroup.Group
		for index := range count {
			g.Go(func() error {
				return runIn(t.Context(), root, p, Config{Parallel: 1, Part: Part{index, count}, Limit: Limit{None: true}})
			})
		}
		require.NoError(t, g.Wait())
		assert.Equal(t, want, tree(t, root), "%d tasks at once", count)
	}
}

// A task does not judge by its own rejects: they are held against the limit where all are known.
func TestArray_limit(t *testing.T) {
	p := made(t, corpus(), plan.Options{})
	root := t.TempDir()
	for index := range 2 {
		dir, err := store.OpenDir(root, nil)
		require.NoError(t, err)
		if index == 0 {
			_, err = dir.Put(plan.Name, p.Encode())
			require.NoError(t, err)
		}
		m, err := Run(t.Context(), Config{Dir: dir, Plan: p, Part: Part{index, 2}, Encode: letters, Parallel: 1, Limit: Limit{Count: 1}})
		require.NoError(t, dir.Close())
		assert.Nil(t, m)
		if index == 0 {
			require.NoError(t, err)
			continue
		}
		var limit *LimitError
		require.ErrorAs(t, err, &limit)
	}
	assert.NotContains(t, tree(t, root), ManifestName)
}
