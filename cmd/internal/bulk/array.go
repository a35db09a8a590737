package bulk

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The variables in which schedulers pass a task its index in an array, from 0 on.
const (
	kubernetesIndex = "JOB_COMPLETION_INDEX" // of an Indexed Job
	batchIndex      = "AWS_BATCH_JOB_ARRAY_INDEX"
	batchSize       = "AWS_BATCH_JOB_ARRAY_SIZE"
	slurmID         = "SLURM_ARRAY_TASK_ID"
	slurmFirst      = "SLURM_ARRAY_TASK_MIN"
	slurmLast       = "SLURM_ARRAY_TASK_MAX"
	slurmCount      = "SLURM_ARRAY_TASK_COUNT"
)

// ErrNoArray is the error of a process that is no task of an array.
var ErrNoArray = errors.New("no scheduler says which task of an array this is: none of " +
	strings.Join([]string{kubernetesIndex, slurmID, batchIndex}, ", ") + " is set; give --index and --count")

// TaskOf reads from the environment which task of an array this is. count is the number of tasks
// where it is known, which Kubernetes does not pass; 0 means what the scheduler says.
func TaskOf(getenv func(string) string, count int) (Part, error) {
	var found []string
	for _, name := range []string{kubernetesIndex, slurmID, batchIndex} {
		if getenv(name) != "" {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 0:
		return Part{}, ErrNoArray
	case 1:
	default:
		return Part{}, fmt.Errorf("%s are set, and only one can be meant: give --index and --count", strings.Join(found, " and "))
	}
	index, err := number(getenv, found[0])
	if err != nil {
		return Part{}, err
	}
	if count == 0 {
		switch found[0] {
		case kubernetesIndex:
			return Part{}, errors.New("Kubernetes does not tell a task how many there are: give --count, the Job's completions") //nolint:staticcheck // a name
		case batchIndex:
			count, err = number(getenv, batchSize)
		case slurmID:
			count, err = slurmTasks(getenv)
		}
		if err != nil {
			return Part{}, err
		}
	}
	return NewPart(index, count)
}

// slurmTasks is the number of tasks of an array that is whole and begins with 0.
func slurmTasks(getenv func(string) string) (int, error) {
	count, err := number(getenv, slurmCount)
	if err != nil {
		return 0, err
	}
	first, err := number(getenv, slurmFirst)
	if err != nil {
		return 0, err
	}
	last, err := number(getenv, slurmLast)
	if err != nil {
		return 0, err
	}
	if first != 0 || last != count-1 {
		return 0, fmt.Errorf("Slurm's array is %d tasks from %d to %d, and not all from 0 on: use --array=0-%d, or give --count, the tasks of the whole array, to make some of them again", //nolint:staticcheck // a name
			count, first, last, count-1)
	}
	return count, nil
}

// NewPart checks a task's number.
func NewPart(index, count int) (Part, error) {
	if count < 1 {
		return Part{}, fmt.Errorf("an array of %d tasks has none", count)
	}
	if index < 0 || index >= count {
		return Part{}, fmt.Errorf("there is no task %d of %d: they are numbered from 0 to %d", index, count, count-1)
	}
	return Part{index, count}, nil
}

func number(getenv func(string) string, name string) (int, error) {
	n, err := strconv.Atoi(getenv(name))
	if err != nil {
		return 0, fmt.Errorf("%s is %q, and no number: give --index and --count", name, getenv(name))
	}
	return n, nil
}
