package loadtest

import (
	"slices"
	"time"
)

// Sample is what one kind of request met.
type Sample struct {
	Times    []time.Duration // of those answered with 200 and the right number of tokens
	Done     int             // how many of those the answer of which came in time
	Statuses Tally
	Wrong    int    // answered with 200 and another number of tokens than expected
	First    string // what went wrong first
	Took     time.Duration
}

// add takes what a request met. A wrong answer is recorded with its status.
func (s *Sample) add(status int, took time.Duration, problem string) {
	if s.Statuses == nil {
		s.Statuses = Tally{}
	}
	s.Statuses[status]++
	switch {
	case status == 200 && problem == "":
		s.Times = append(s.Times, took)
		return
	case status == 200:
		s.Wrong++
	}
	if s.First == "" {
		s.First = problem
	}
}

// merge adds what another connection met in the same time.
func (s *Sample) merge(o *Sample) {
	if s.Statuses == nil {
		s.Statuses = Tally{}
	}
	for status, n := range o.Statuses {
		s.Statuses[status] += n
	}
	s.Times = append(s.Times, o.Times...)
	s.Done += o.Done
	s.Wrong += o.Wrong
	if s.First == "" {
		s.First = o.First
	}
}

// Rate is right answers a second: those that came within the time, whenever they were requested.
func (s *Sample) Rate() float64 {
	if s.Took == 0 {
		return 0
	}
	return float64(s.Done) / s.Took.Seconds()
}

// Quantiles returns the times at each part, in milliseconds; 1 is the longest.
func (s *Sample) Quantiles(parts ...float64) []float64 {
	slices.Sort(s.Times)
	out := make([]float64, len(parts))
	for i, q := range parts {
		out[i] = at(s.Times, q)
	}
	return out
}

// Bad is how many requests had neither a right answer nor one of the statuses that are no fault here.
func (s *Sample) Bad(fine ...int) int {
	n := s.Wrong
	for status, count := range s.Statuses {
		if status != 200 && !slices.Contains(fine, status) {
			n += count
		}
	}
	return n
}

func at(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))]) / 1e6
}
