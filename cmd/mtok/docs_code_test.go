package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// TestCodeOnPages compiles and runs the Go and the Python of every page, and compares
// what it prints with what the page says.
func TestCodeOnPages(t *testing.T) {
	ran := map[string]int{}
	for _, page := range pages(t) {
		blocks, _ := readPage(t, page)
		for i, b := range blocks {
			lang := strings.TrimPrefix(b.lang, "fence ")
			switch lang {
			case "go":
				require.Less(t, i+1, len(blocks), "%s: it is not shown what it prints", b)
				assert.Equal(t, strings.Join(blocks[i+1].text, "\n")+"\n", runGo(t, b), b.String())
			case "python":
				says := printsRule.FindStringSubmatch(b.after)
				require.NotNil(t, says, "%s: it is not shown what it prints", b)
				assert.Equal(t, says[1]+"\n", runPython(t, b), b.String())
			}
			ran[lang]++
		}
	}
	assert.Positive(t, ran["go"])
	assert.Positive(t, ran["python"])
}

var imports = map[string]string{
	`\bcontext\.`: "context", `\bfmt\.`: "fmt", `\blog\.`: "log", `\berrors\.`: "errors",
	`\bbridge\.`: "github.com/mistralbridge/mistralbridge/bridge", `\bbundled\.`: "github.com/mistralbridge/mistralbridge/bridge/bundled",
	`\bmistral\.`: "github.com/mistralbridge/mistralbridge/bridge/mistral",
}

// runGo runs statements as a program of this module, without a file in it.
func runGo(t *testing.T, b block) string {
	code := strings.Join(b.text, "\n")
	if !strings.Contains(code, "ctx :=") {
		code = "ctx := context.Background()\n" + code
	}
	head := "package main\n"
	for used, path := range imports {
		if regexp.MustCompile(used).MatchString(code) {
			head += "import \"" + path + "\"\n"
		}
	}
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(head+"func main() {\n"+code+"\n}\n"), 0o600))
	root, err := filepath.Abs(top)
	require.NoError(t, err)
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, "cmd", "shown", "main.go"): file}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file+".json", overlay, 0o600))
	return output(t, b, exec.CommandContext(t.Context(), "go", "run", "-overlay", file+".json", "./cmd/shown"))
}

func runPython(t *testing.T, b block) string {
	env, err := bridge.FindEnvironment(t.Context(), bridge.WithDistribution(bundled.Python()))
	require.NoError(t, err)
	return output(t, b, exec.CommandContext(t.Context(), env.Executable, "-c", strings.Join(b.text, "\n")))
}

func output(t *testing.T, b block, cmd *exec.Cmd) string {
	var out, failed bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = top, &out, &failed
	require.NoError(t, cmd.Run(), "%s: %s", b, &failed)
	return out.String()
}

// TestTranscript asks mtok exec what docs/protocol.md asks, and wants its answers.
func TestTranscript(t *testing.T) {
	blocks, _ := readPage(t, "docs/protocol.md")
	var asked, want []string
	for _, b := range blocks {
		for _, line := range b.text {
			if question, ok := strings.CutPrefix(line, "→ "); ok {
				asked = append(asked, question)
			}
			if answer, ok := strings.CutPrefix(line, "← "); ok {
				want = append(want, answer)
			}
		}
	}
	require.NotEmpty(t, asked)
	out, code := mtok(t, append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), strings.Join(asked, "\n")+"\n", "exec")
	require.Zero(t, code, out)
	assert.Equal(t, strings.Join(want, "\n")+"\n", out)
}
