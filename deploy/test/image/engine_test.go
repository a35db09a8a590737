//go:build image

package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

const containerfile = root + "/deploy/container/Containerfile"

// engine is Debian's buildah and podman with a storage of their own, which stays in the user's cache
// or in the directory that MTOK_IMAGES names: a second build does what has changed. Both run as root,
// without a daemon, and download no image.
type engine struct {
	t   *testing.T
	dir string
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	require.Zero(t, os.Geteuid(), "images are built as root")
	for _, name := range []string{"buildah", "podman", "crun", "debootstrap"} {
		_, err := exec.LookPath(name)
		require.NoError(t, err, "apt-get install --no-install-recommends buildah podman crun debootstrap")
	}
	dir := os.Getenv("MTOK_IMAGES")
	if dir == "" {
		cache, err := os.UserCacheDir()
		require.NoError(t, err)
		dir = filepath.Join(cache, "mistralbridge-images")
	}
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "tmp"), 0o700))
	return &engine{t: t, dir: dir}
}

// storage are the flags that buildah and podman have in common.
func (e *engine) storage() []string {
	return []string{"--root", filepath.Join(e.dir, "storage"), "--runroot", filepath.Join(e.dir, "run")}
}

func (e *engine) buildah(args ...string) string {
	e.t.Helper()
	return e.command("buildah", append(e.storage(), args...)...)
}

// podman runs in a mount namespace: where both versions of cgroups are mounted, crun wants to see one.
func (e *engine) podman(args ...string) *exec.Cmd {
	const alone = `if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec podman "$@"`
	flags := append(e.storage(), "--cgroup-manager", "cgroupfs", "--runtime", "crun")
	cmd := exec.Command("unshare", append(append([]string{"--mount", "sh", "-c", alone, "podman"}, flags...), args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(e.dir, "tmp"))
	return cmd
}

func (e *engine) command(name string, args ...string) string {
	e.t.Helper()
	cmd := exec.CommandContext(e.t.Context(), name, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(e.dir, "tmp")) // caches of a build are there too
	return output(e.t, cmd)
}

func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%q\n%s%s", cmd.Args, out, &stderr)
	return strings.TrimSpace(string(out))
}

func (e *engine) exists(image string) bool {
	return e.podman("image", "exists", image).Run() == nil
}

// build carries the recipe out as it is written, and tags the stage's image with the stage's name.
func (e *engine) build(stage string) {
	e.t.Helper()
	e.bases()
	top, err := filepath.Abs(root)
	require.NoError(e.t, err)
	args := []string{"build", "--isolation", "chroot", "--pull=never", "--layers", "--target", stage, "--tag", stage, "--file", containerfile}
	e.t.Log(e.buildah(append(append(args, e.shared()...), top)...))
	output(e.t, e.podman("image", "prune", "--force", "--filter", "until=24h")) // what earlier builds have left
}

// shared is how a build reaches packages on this machine: its certificates, and the settings of
// pip and Go in its environment. None of it is where an image has files of its own.
func (e *engine) shared() []string {
	pip := "[global]\ncert = " + certificates + "\n"
	for _, key := range []string{"index-url", "extra-index-url", "timeout"} {
		if value := os.Getenv("PIP_" + strings.ToUpper(strings.ReplaceAll(key, "-", "_"))); value != "" {
			pip += fmt.Sprintf("%s = %s\n", key, value)
		}
	}
	path := filepath.Join(e.dir, "pip.conf")
	require.NoError(e.t, os.WriteFile(path, []byte(pip), 0o644))
	return []string{
		"--volume", "/etc/ssl/certs/ca-certificates.crt:" + certificates + ":ro",
		"--volume", path + ":/etc/pip.conf:ro",
		"--volume", output(e.t, exec.Command("go", "env", "GOMODCACHE")) + "/cache/download:" + modules + ":ro",
	}
}

// Where a build finds what this machine shares with it.
const (
	certificates = "/run/host/ca-certificates.crt"
	modules      = "/run/host/modules"
)

// bases makes the images that the recipe begins with, under the names that it has for them: Debian by
// debootstrap, and on it a C compiler and the Go of this machine.
func (e *engine) bases() {
	e.t.Helper()
	text, err := os.ReadFile(containerfile)
	require.NoError(e.t, err)
	named := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^ARG (\w+_IMAGE)=(.+)$`).FindAllStringSubmatch(string(text), -1) {
		named[m[1]] = "docker.io/library/" + m[2]
	}
	debian, golang := named["BASE_IMAGE"], named["GO_IMAGE"]
	_, release, _ := strings.Cut(strings.TrimSuffix(debian, "-slim"), ":")
	if !e.exists(debian) {
		dir := filepath.Join(e.t.TempDir(), "debian")
		e.command("debootstrap", "--variant=minbase", release, dir)
		// As in the images of a registry: no translations of package lists.
		require.NoError(e.t, os.WriteFile(filepath.Join(dir, "etc/apt/apt.conf.d/no-languages"), []byte(`Acquire::Languages "none";`), 0o644))
		tar := dir + ".tar"
		e.command("tar", "--create", "--directory", dir, "--file", tar, ".")
		output(e.t, e.podman("import", "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", tar, debian))
	}
	require.True(e.t, strings.HasSuffix(golang, "-"+release), "%s is not for %s", golang, debian)
	golangFile := strings.NewReplacer("DEBIAN", debian, "CERTIFICATES", certificates, "MODULES", modules,
		"PROXY", output(e.t, exec.Command("go", "env", "GOPROXY"))).Replace(`FROM DEBIAN
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev ca-certificates
COPY . /usr/local/go
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    GOTOOLCHAIN=local GOPATH=/go GOPROXY=file://MODULES,PROXY SSL_CERT_FILE=CERTIFICATES
WORKDIR /go
`)
	file := filepath.Join(e.t.TempDir(), "Containerfile")
	require.NoError(e.t, os.WriteFile(file, []byte(golangFile), 0o600))
	goroot := output(e.t, exec.Command("go", "env", "GOROOT"))
	e.buildah("build", "--isolation", "chroot", "--pull=never", "--layers", "--tag", golang, "--file", file, goroot)
}

// ulimits are below those of this process, which may not be allowed to raise them.
func ulimits(t *testing.T) []string {
	var files unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &files))
	return []string{"--ulimit", fmt.Sprintf("nofile=%[1]d:%[1]d", min(files.Max, 1<<20)), "--ulimit", "nproc=4096:4096"}
}
