package attack

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Target is a server, and the connections that an attack on it holds. Safe for any number of goroutines.
type Target struct {
	Address string // of TCP
	MaxBody int    // of the server
	Refuses bool   // it wants a key on all routes, which attacks have not
	Crowded bool   // other attacks are under way

	mu    sync.Mutex
	held  []net.Conn
	asked int
}

// Patience is how long an attack waits for an answer that has to come.
const Patience = 2 * time.Minute

// patient is how long an attack keeps writing to a server that reads no more. A server on a busy machine reads on.
const patient = 10 * time.Second

// patientWriter gives each write its own time.
type patientWriter struct{ net.Conn }

func (w patientWriter) Write(b []byte) (int, error) {
	_ = w.SetWriteDeadline(time.Now().Add(patient))
	return w.Conn.Write(b)
}

// LetGo closes the connections of the attack.
func (t *Target) LetGo() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.held {
		_ = c.Close()
	}
	t.held = nil
}

func (t *Target) dial() (net.Conn, error) {
	c, err := net.Dial("tcp", t.Address)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = append(t.held, c)
	return c, nil
}

// key is a header that a stranger makes up, or leaves out.
func (t *Target) key() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked++; t.asked%2 == 0 {
		return ""
	}
	return "Authorization: Bearer stranger\r\n"
}

// post is the head of a request up to what says how long its body is.
func (t *Target) post(path string) string {
	return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + t.key()
}

// write sends a text. A server that has closed, or reads no more, is none that failed.
func write(c net.Conn, text string) {
	_, _ = io.WriteString(patientWriter{c}, text)
}

// ask sends a request and looks at the status of each answer until the server closes, or there are as many as
// are wanted. What a server sends after it has refused something may be lost on the way: then there is none.
func (t *Target) ask(text string, wanted int, want ...int) error {
	c, err := t.dial()
	if err != nil {
		return err
	}
	go write(c, text) // a server may answer before it has read all
	_ = c.SetReadDeadline(time.Now().Add(Patience))
	in := bufio.NewReader(c)
	for i := range wanted {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return t.cut(i, err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if err := t.answers(resp.StatusCode, want...); err != nil {
			return err
		}
		if err != nil {
			return t.cut(i, err)
		}
	}
	return nil
}

// cut is an error where a server neither answered nor closed.
func (t *Target) cut(i int, err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer %d: %w", i, err)
	}
	return nil
}

// text is what an attack writes to each of its connections, on which it then waits.
type text struct {
	name  string
	count int
	make  func(*Target) string
}

func waiting(texts ...text) (all []Attack) {
	for _, w := range texts {
		all = append(all, Attack{Name: w.name, Run: func(t *Target) error {
			for range w.count {
				c, err := t.dial()
				if err != nil {
					return err
				}
				write(c, w.make(t))
			}
			return nil
		}})
	}
	return all
}
