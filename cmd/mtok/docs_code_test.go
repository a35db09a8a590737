package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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
		checkGo(t, blocks)
		for _, b := range blocks {
			lang := strings.TrimPrefix(b.lang, "fence ")
			if lang == "python" {
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

// checkGo runs the Go of a page. A block that prints nothing is the begin of those behind it,
// which run in one program.
func checkGo(t *testing.T, blocks []block) {
	var begin *block
	var goOn []block
	var want string
	for i, b := range blocks {
		switch {
		case b.lang != "fence go":
		case !strings.Contains(strings.Join(b.text, "\n"), "fmt.Print"):
			require.Nil(t, begin, "%s: a second begin", b)
			begin = &b
		default:
			require.Less(t, i+1, len(blocks), "%s: it is not shown what it prints", b)
			says := strings.Join(blocks[i+1].text, "\n") + "\n"
			if begin == nil {
				assert.Equal(t, says, runGo(t, b), b.String())
				continue
			}
			goOn = append(goOn, b)
			want += b.String() + "\n" + says
		}
	}
	if begin == nil {
		return
	}
	all := block{page: begin.page, line: begin.line, text: begin.text}
	for _, b := range goOn {
		all.text = append(append(append(all.text, "func() {", fmt.Sprintf("fmt.Println(%q)", b)), b.text...), "}()")
	}
	assert.Equal(t, want, runGo(t, all), all.String())
}

var imports = map[string]string{
	`\bcontext\.`: "context", `\bfmt\.`: "fmt", `\blog\.`: "log", `\berrors\.`: "errors", `\bslices\.`: "slices",
	`\basync\.`:  "github.com/mistralbridge/mistralbridge/async",
	`\bbridge\.`: "github.com/mistralbridge/mistralbridge/bridge", `\bbundled\.`: "github.com/mistralbridge/mistralbridge/bridge/bundled",
	`\bmistral\.`: "github.com/mistralbridge/mistralbridge/bridge/mistral", `\bblockhash\.`: "github.com/mistralbridge/mistralbridge/bridge/blockhash",
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

// TestTranscripts asks mtok exec what two pages ask, and wants the answers that they show. Of
// a question without one only success.
func TestTranscripts(t *testing.T) {
	for _, page := range []string{"docs/protocol.md", "docs/cookbook.md"} {
		var asked, want []string
		blocks, _ := readPage(t, page)
		for _, b := range blocks {
			for _, line := range b.text {
				if question, ok := strings.CutPrefix(line, "→ "); ok {
					asked, want = append(asked, question), append(want, "")
				}
				if answer, ok := strings.CutPrefix(line, "← "); ok {
					require.NotEmpty(t, want, "%s: an answer without a question", b)
					want[len(want)-1] = answer
				}
			}
		}
		require.NotEmpty(t, asked, page)
		out, code := mtok(t, append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), strings.Join(asked, "\n")+"\n", "exec")
		require.Zero(t, code, out)
		answers := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		require.Len(t, answers, len(want), page)
		for i, answer := range answers {
			if want[i] == "" && strings.Contains(answer, `"ok":`) {
				want[i] = answer
			}
		}
		assert.Equal(t, want, answers, page)
	}
}
