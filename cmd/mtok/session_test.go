package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Most of what a command costs is the start of Python. A session is a process in which one Python serves many command
// lines: the program mtok hands its own over to it, with its arguments, its directory and its streams, and ends with the
// code that it receives. What starts a server, chooses a Python or is configured by the environment runs by
// itself, and so does the first line of each command.
const sessionVariable = "TEST_SESSION" // the session's socket, for those that may use it

// shareable are the commands whose only process-wide state is the Python that they share.
var shareable = []string{"encode", "decode", "count", "vocab", "template", "grammar"}

// aloneFlags are those that decide what Python is or may do.
var aloneFlags = []string{"--python", "--env", "--cache", "--offline", "--download", "--backend", "--workers"}

// line is a command line that is handed over; its streams come beside it. Arguments need not be UTF-8.
type line struct {
	Args [][]byte
	Dir  string
}

// verdict is what becomes of it.
type verdict struct {
	Alone bool // run it yourself
	Code  int
}

// isShareable reports whether a command line does in a session what it does by itself.
func isShareable(args, environ []string) bool {
	if len(args) == 0 || !slices.Contains(shareable, args[0]) {
		return false
	}
	for _, arg := range args {
		if flag, _, _ := strings.Cut(arg, "="); slices.Contains(aloneFlags, flag) {
			return false
		}
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		known := name == "MTOK_CACHE" || strings.HasPrefix(name, "MTOK_SERVE_")
		if value != "" && !known && (name == "COLUMNS" || name == "VIRTUAL_ENV" || strings.HasPrefix(name, "MTOK_") ||
			strings.HasPrefix(name, "HF_") || strings.HasPrefix(name, "PYTHON")) {
			return false
		}
	}
	return true
}

// handOver asks the session to run this process's command line, if there is one and it may.
func handOver() (code int, done bool) {
	path := os.Getenv(sessionVariable)
	if path == "" || !isShareable(os.Args[1:], os.Environ()) {
		return 0, false
	}
	v, err := ask(path, os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "the session of the tests:", err)
		return 99, true
	}
	return v.Code, !v.Alone
}

func ask(path string, args []string) (v verdict, err error) {
	l := line{}
	for _, arg := range args {
		l.Args = append(l.Args, []byte(arg))
	}
	if l.Dir, err = os.Getwd(); err != nil {
		return v, err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return v, err
	}
	c, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: path, Net: "unixpacket"})
	if err != nil {
		return v, err
	}
	defer c.Close()
	if _, _, err := c.WriteMsgUnix(text, syscall.UnixRights(0, 1, 2), nil); err != nil {
		return v, err
	}
	err = json.NewDecoder(c).Decode(&v)
	return v, err
}

// serveSession runs in a process of its own, until the tests have ended.
func serveSession() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: os.Getenv(sessionVariable), Net: "unixpacket"})
	if err == nil {
		fmt.Println("listening")
		for seen := map[string]bool{}; err == nil; {
			err = serveLine(l, seen)
		}
	}
	fmt.Fprintln(os.Stderr, "the session of the tests:", err)
	os.Exit(1)
}

// serveLine answers one line, with the others waiting: the directory is the process's.
func serveLine(l *net.UnixListener, seen map[string]bool) error {
	c, err := l.AcceptUnix()
	if err != nil {
		return err
	}
	defer c.Close()
	text, rights := make([]byte, 1<<20), make([]byte, syscall.CmsgSpace(3*4))
	n, rn, _, _, err := c.ReadMsgUnix(text, rights)
	if err != nil {
		return err
	}
	var asked line
	if err := json.Unmarshal(text[:n], &asked); err != nil {
		return err
	}
	control, err := syscall.ParseSocketControlMessage(rights[:rn])
	if err != nil || len(control) != 1 {
		return errors.Join(errors.New("no streams"), err)
	}
	fds, err := syscall.ParseUnixRights(&control[0])
	if err != nil || len(fds) != 3 {
		return errors.Join(errors.New("no streams"), err)
	}
	var files [3]*os.File
	for i, fd := range fds {
		syscall.CloseOnExec(fd)
		files[i] = os.NewFile(uintptr(fd), "stream")
		defer files[i].Close()
	}
	args := make([]string, len(asked.Args))
	for i, arg := range asked.Args {
		args[i] = string(arg)
	}
	v := verdict{Alone: !seen[args[0]]}
	seen[args[0]] = true
	if !v.Alone {
		if err := os.Chdir(asked.Dir); err != nil {
			return err
		}
		v.Code = run(context.Background(), args, streams{files[0], files[1], files[2]})
	}
	answer, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = c.Write(answer)
	return err
}

// withSession runs the tests beside a session.
type withSession struct{ *testing.M }

func (m withSession) Run() int {
	dir, err := os.MkdirTemp("", "mtok-session")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if raceDetector {
		if err := installPrograms(filepath.Join(dir, "bin")); err != nil {
			fmt.Fprintln(os.Stderr, "build the program without the race detector:", err)
			return 1
		}
	}
	path := filepath.Join(dir, "s")
	session := exec.Command("mtok-session")
	session.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/no-home", "MTOK_CACHE=" + userCache(), sessionVariable + "=" + path}
	session.Dir, session.Stderr = dir, os.Stderr
	end, err := session.StdinPipe()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	said, err := session.StdoutPipe()
	if err == nil {
		err = session.Start()
	}
	if err == nil {
		_, err = io.ReadFull(said, make([]byte, len("listening\n")))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the session:", err)
		return 1
	}
	defer func() { _ = end.Close(); _ = session.Wait() }()
	sessionOf = []string{sessionVariable + "=" + path}
	return m.M.Run()
}

// sessionOf is what the environment of a command says that may use the session.
var sessionOf []string

func TestIsShareable(t *testing.T) {
	for text, want := range map[string]bool{
		"count -t v3 x": true, "encode --chat @x": true, "serve --model v3": false, "exec": false, "setup": false, "": false,
		"count --python /nowhere x": false, "count --cache=/x x": false, "count --offline x": false, "--offline count x": false,
	} {
		if got := isShareable(strings.Fields(text), []string{"HOME=/x", "MTOK_CACHE=/c", "MTOK_SERVE_ADDR=:1"}); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	for _, e := range []string{"MTOK_OFFLINE=1", "MTOK_PYTHON=/p", "HF_HOME=/h", "PYTHONPATH=/p", "COLUMNS=20"} {
		if isShareable([]string{"count", "x"}, []string{e}) {
			t.Error(e)
		}
	}
}
