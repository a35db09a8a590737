package sched

import "time"

// has are the objects of a worker.
type has map[string]bool

func (h has) Has(object any) bool { return h[object.(string)] }

// job is a short one of that many bytes' worth of work.
func job(name string, key, cost time.Duration) *Job {
	return &Job{Value: name, Key: key, Cost: cost, Short: cost <= time.Millisecond}
}

func large(name string, key time.Duration) *Job {
	return &Job{Value: name, Key: key, Cost: 30 * time.Millisecond, Large: true}
}

// staffed is a scheduler with workers named a, b, c …, all serving.
func staffed(l Limits) (*Scheduler, []*Worker) {
	s := New(l)
	var all []*Worker
	for i := range l.Workers {
		w := &Worker{Value: string(rune('a' + i)), Objects: has{}}
		s.AddWorker(w)
		s.SpawnSucceeded(w)
		all = append(all, w)
	}
	return s, all
}

// assigned is what Schedule says, as "job→worker".
func assigned(s *Scheduler) (out []string) {
	for _, a := range s.Schedule() {
		out = append(out, a.Job.Value.(string)+"→"+a.Worker.Value.(string))
	}
	return out
}
