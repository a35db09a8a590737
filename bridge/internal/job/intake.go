package job

import "sync"

// Intake counts what one user of several has under way, and can be shut. All methods may be called from any goroutine.
type Intake struct {
	mu     sync.Mutex
	shut   bool
	active int           // submissions under way, and jobs without an outcome
	idle   chan struct{} // made by Shut, closed when active is 0
}

// Enter counts one more; ErrClosed after Shut.
func (i *Intake) Enter() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.shut {
		return ErrClosed
	}
	i.active++
	return nil
}

// Leave is the end of what entered.
func (i *Intake) Leave() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.active--
	if i.active == 0 && i.idle != nil {
		close(i.idle)
	}
}

// Shut makes Enter fail from now on, and returns a channel that is closed when all have left.
func (i *Intake) Shut() <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.shut = true
	if i.idle == nil {
		i.idle = make(chan struct{})
		if i.active == 0 {
			close(i.idle)
		}
	}
	return i.idle
}

// Active is how many have entered and not left.
func (i *Intake) Active() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.active
}
