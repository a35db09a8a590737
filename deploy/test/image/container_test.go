//go:build image

package image

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// container is an image that runs as a kubelet would run it: everything about it that is not in the
// image comes from a manifest.
type container struct {
	*engine
	id    string
	pid   int
	grace string
	http  *http.Client
}

// start runs the container of a pod, without a network but loopback. Variables in env stand above the
// manifest's, and user, if there is one, instead of its.
func (e *engine) start(t *testing.T, p pod, env map[string]string, user string) *container {
	t.Helper()
	c := p.container
	if user == "" {
		user = fmt.Sprintf("%d:%d", *c.SecurityContext.RunAsUser, *c.SecurityContext.RunAsGroup)
	}
	name := regexp.MustCompile(`\W+`).ReplaceAllString(t.Name(), "-")
	output(t, e.podman("rm", "--force", "--ignore", "--time", "0", name)) // of a run that was killed
	args := []string{"run", "--detach", "--name", name, "--network", "none", "--user", user,
		"--memory", strconv.FormatInt(c.Resources.Limits.Memory().Value(), 10), "--read-only-tmpfs=false"}
	args = append(args, ulimits(t)...)
	if *c.SecurityContext.ReadOnlyRootFilesystem {
		args = append(args, "--read-only")
	}
	if !*c.SecurityContext.AllowPrivilegeEscalation {
		args = append(args, "--security-opt", "no-new-privileges")
	}
	for _, capability := range c.SecurityContext.Capabilities.Drop {
		args = append(args, "--cap-drop", string(capability))
	}
	// RuntimeDefault is what a runtime does by itself, podman too.
	require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, c.SecurityContext.SeccompProfile.Type)
	for _, m := range c.VolumeMounts {
		at := slices.IndexFunc(p.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		args = append(args, "--tmpfs", fmt.Sprintf("%s:mode=1777,size=%d", m.MountPath, p.Volumes[at].EmptyDir.SizeLimit.Value()))
	}
	variables := maps.Clone(p.env)
	maps.Copy(variables, env)
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		args = append(args, "--env", key+"="+variables[key])
	}
	image, _, _ := strings.Cut(c.Image, ":")
	args = append(append(args, "localhost/"+image), c.Args...)

	running := &container{engine: e, id: name, grace: "30"}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(running.log())
		}
		output(t, e.podman("rm", "--force", "--time", "0", name))
	})
	output(t, e.podman(args...))
	if p.TerminationGracePeriodSeconds != nil {
		running.grace = strconv.FormatInt(*p.TerminationGracePeriodSeconds, 10)
	}
	running.pid, _ = strconv.Atoi(output(t, e.podman("inspect", "--format", "{{.State.Pid}}", running.id)))
	require.NotZero(t, running.pid, running.log())
	running.http = &http.Client{Transport: &http.Transport{DialContext: running.dial, DisableKeepAlives: true}}
	return running
}

func (c *container) log() string {
	text, _ := c.podman("logs", c.id).CombinedOutput()
	return string(text)
}

// dial connects from the container's network, which has loopback alone, or to a socket in its files.
func (c *container) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); host == "uds" {
		return (&net.Dialer{}).DialContext(ctx, "unix", fmt.Sprintf("/proc/%d/root/run/mtok/mtok.sock", c.pid))
	}
	type dialed struct {
		net.Conn
		error
	}
	done := make(chan dialed)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		file, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", c.pid))
		if err == nil {
			defer file.Close()
			err = unix.Setns(int(file.Fd()), unix.CLONE_NEWNET)
		}
		if err != nil {
			done <- dialed{nil, err}
			return
		}
		host, port, _ := net.SplitHostPort(address)
		number, _ := strconv.Atoi(port)
		// Without Go's resolver and its goroutines on other threads.
		conn, err := net.DialTCP(network, nil, &net.TCPAddr{IP: net.ParseIP(host), Port: number})
		done <- dialed{conn, err}
	}()
	d := <-done
	return d.Conn, d.error
}

// get is what a probe gets.
func (c *container) get(path string) int {
	r, err := c.http.Get("http://127.0.0.1:8000" + path)
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	return r.StatusCode
}

// ready waits for the startup probe, as long as a kubelet does.
func (c *container) ready(t *testing.T, probe *corev1.Probe) {
	t.Helper()
	tries := time.Duration(probe.FailureThreshold) * time.Duration(probe.PeriodSeconds) * time.Second
	require.Eventually(t, func() bool { return c.get(probe.HTTPGet.Path) == http.StatusOK || !c.running() }, tries, 100*time.Millisecond)
	require.True(t, c.running(), "it has ended")
}

func (c *container) running() bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", c.pid))
	return err == nil
}

// confined checks what the kernel reports about every process of the container.
func (c *container) confined(t *testing.T, uid string) {
	t.Helper()
	processes := c.processes(t)
	for _, pid := range processes {
		status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
		require.NoError(t, err)
		for key, want := range map[string]string{
			"Uid": strings.Join([]string{uid, uid, uid, uid}, "\t"), "NoNewPrivs": "1", "Seccomp": "2",
			"CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none,
		} {
			assert.Contains(t, string(status), "\n"+key+":\t"+want+"\n", "process %s", pid)
		}
	}
	mounts, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", c.pid))
	require.NoError(t, err)
	assert.Regexp(t, regexp.MustCompile(`(?m)^\S+ \S+ \S+ \S+ / ro[, ]`), string(mounts), "the root file system")
}

const none = "0000000000000000"

// processes are those in the container's namespace of processes.
func (c *container) processes(t *testing.T) []string {
	t.Helper()
	own, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", c.pid))
	require.NoError(t, err)
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	require.NoError(t, err)
	var pids []string
	for _, link := range links {
		if ns, err := os.Readlink(link); err == nil && ns == own {
			pids = append(pids, strings.Split(link, "/")[2])
		}
	}
	require.NotEmpty(t, pids)
	return pids
}

// stop ends the container as a kubelet does: SIGTERM, and SIGKILL after the grace period, which the
// exit code would show. While it ends it is alive, and not ready.
func (c *container) stop(t *testing.T, drains bool) {
	t.Helper()
	cmd := c.podman("stop", "--time", c.grace, c.id)
	require.NoError(t, cmd.Start())
	if drains {
		assert.Eventually(t, func() bool { return c.get("/readyz") == http.StatusServiceUnavailable }, 10*time.Second, 10*time.Millisecond)
		assert.Equal(t, http.StatusOK, c.get("/livez"))
	}
	require.NoError(t, cmd.Wait())
	assert.Equal(t, "0", output(t, c.podman("inspect", "--format", "{{.State.ExitCode}}", c.id)))
}

// exec runs a program in the container.
func (c *container) exec(args ...string) *exec.Cmd {
	return c.podman(append([]string{"exec", c.id}, args...)...)
}
