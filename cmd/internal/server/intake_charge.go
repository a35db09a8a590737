package server

import "time"

// charge is the memory of a message.
type charge struct {
	bytes int64
	held  reservation
}

// take leaves the message to gRPC's handler, and its memory to the one that answers it.
func (in *intake) take() {
	c := &charge{int64(len(in.text.b)), in.text.held}
	in.text.held = reservation{}
	putBuffer(in.text)
	in.text, in.given = nil, 0
	in.mu.Lock()
	defer in.mu.Unlock()
	in.held = append(in.held, c)
	in.bytes += c.bytes
}

// Took, Answers and Answered are rpc.Intake's.
func (in *intake) Took() {
	in.mu.Lock()
	in.reports = true
	in.mu.Unlock()
}

func (in *intake) Answers(bytes int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.held) > 0 {
		in.s.add(&in.held[0].held, answerCost*int64(bytes))
	}
}

func (in *intake) Answered() {
	in.mu.Lock()
	in.answered = time.Now()
	// gRPC says so when it has handed an answer on. When that is sent a unary call has its end.
	if in.reports && !in.unary && len(in.held) > 0 {
		in.s.giveBack(&in.held[0].held)
		in.bytes -= in.held[0].bytes
		in.held = in.held[1:]
	}
	in.mu.Unlock()
	in.changed.Broadcast()
}
