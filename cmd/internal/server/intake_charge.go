package server

import "time"

// charge is the memory of a message.
type charge struct{ bytes, reserved int64 }

// take leaves the message to gRPC's handler, and its memory to whoever answers it.
func (in *intake) take() {
	c := &charge{int64(len(in.text.b)), in.text.reserved}
	in.text.reserved = 0
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
	in.told = true
	in.mu.Unlock()
}

func (in *intake) Answers(bytes int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.held) > 0 {
		n := answerCost * int64(bytes)
		in.held[0].reserved += n
		in.s.memory.Add(n)
	}
}

func (in *intake) Answered() {
	in.mu.Lock()
	in.answered = time.Now()
	if in.told && len(in.held) > 0 {
		in.s.memory.Add(-in.held[0].reserved)
		in.bytes -= in.held[0].bytes
		in.held = in.held[1:]
	}
	in.mu.Unlock()
	in.changed.Broadcast()
}
