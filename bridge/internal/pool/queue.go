package pool

import "container/heap"

// queue holds the jobs that wait, by their turn.
type queue []*Job

func (q queue) Len() int           { return len(q) }
func (q queue) Less(a, b int) bool { return q[a].key < q[b].key }

func (q queue) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].at, q[b].at = a, b
}

// Push is for container/heap.
func (q *queue) Push(x any) {
	j := x.(*Job) //nolint:forcetypeassert // nothing else is pushed
	j.at = len(*q)
	*q = append(*q, j)
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	j := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return j
}

func (q *queue) add(j *Job)    { heap.Push(q, j) }
func (q *queue) remove(j *Job) { heap.Remove(q, j.at) }

// first is the job whose turn it is among those that may run.
func (q *queue) first(may func(*Job) bool) *Job {
	if len(*q) == 0 {
		return nil
	}
	best := (*q)[0] // nearly always
	if !may(best) {
		best = nil
		for _, j := range *q {
			if (best == nil || j.key < best.key) && may(j) {
				best = j
			}
		}
	}
	return best
}
