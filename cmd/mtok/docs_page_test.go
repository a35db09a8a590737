package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// top is the top of the repository.
var top = filepath.Join("..", "..")

// pages are what is shown to users.
func pages(t *testing.T) []string {
	all := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "deploy/README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/decisions/*.md"} {
		found, err := filepath.Glob(filepath.Join(top, pattern))
		require.NoError(t, err)
		for _, path := range found {
			path, err := filepath.Rel(top, path)
			require.NoError(t, err)
			all = append(all, path)
		}
	}
	return all
}

// block is code on a page: fenced, or indented by four spaces.
type block struct {
	page  string
	line  int // of its first
	lang  string
	text  []string
	after string // the line behind it that is not empty
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// readPage gives the blocks of a page, and its prose.
func readPage(t *testing.T, page string) (blocks []block, prose string) {
	data, err := os.ReadFile(filepath.Join(top, page))
	require.NoError(t, err)
	var open *block
	fenced, blank := false, true
	end := func() {
		if open != nil {
			for len(open.text) > 0 && open.text[len(open.text)-1] == "" {
				open.text = open.text[:len(open.text)-1]
			}
			blocks = append(blocks, *open)
			open = nil
		}
	}
	for n, line := range strings.Split(string(data), "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		code, indented := strings.CutPrefix(line, "    ")
		switch {
		case isFence && fenced:
			fenced = false
			end()
		case isFence:
			end()
			fenced, open = true, &block{page: page, line: n + 2, lang: "fence " + fence}
		case fenced:
			open.text = append(open.text, line)
		case indented && (open != nil || blank):
			if open == nil {
				open = &block{page: page, line: n + 1}
			}
			open.text = append(open.text, code)
		case line == "" && open != nil:
			open.text = append(open.text, "")
		default:
			end()
			prose += line + "\n"
			if last := len(blocks) - 1; line != "" && last >= 0 && blocks[last].after == "" {
				blocks[last].after = line
			}
		}
		blank = line == ""
	}
	end()
	require.False(t, fenced, page)
	return blocks, prose
}

// shown is a command line on a page, and what the page says that it prints.
type shown struct {
	where, text string
	want        []string
}

// programs begin the lines of a block that are command lines.
var programs = []string{
	"mtok", "go", "make", "curl", "grpcurl", "podman", "docker", "kubectl", "printf", "echo", "cat", "export", "rm", "cp", "tar", "rsync",
	"git", "cd", "python", "python3", "pip", "pip3", "uv", "npm", "apt-get", "sudo", "sh", "bash",
}

var (
	assignment = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*=`)
	remark     = regexp.MustCompile(`\s{3,}\S.*$`)
)

// program is what a line runs; empty if it is no command line.
func program(line string) string {
	for _, word := range strings.Fields(strings.TrimPrefix(line, "$ ")) {
		if assignment.MatchString(word) {
			continue
		}
		if name := filepath.Base(word); slices.Contains(programs, name) {
			return name
		}
		return ""
	}
	return ""
}

var command = regexp.MustCompile(`^[a-z][\w./-]*( [^─]*)?$`)

// isUnknown reports whether a block looks like command lines, and begins with no program that
// is in the list: its lines would not be run.
func (b block) isUnknown() bool {
	return b.isShell() && len(b.text) > 0 && command.MatchString(b.text[0]) && program(b.text[0]) == ""
}

func (b block) isShell() bool {
	return slices.Contains([]string{"", "fence ", "fence sh", "fence bash", "fence console"}, b.lang)
}

// commands are the command lines of a block, where there are any.
func (b block) commands() (all []shown) {
	if !b.isShell() {
		return nil
	}
	going := false
	for n, line := range b.text {
		more := strings.HasSuffix(line, `\`) || strings.HasSuffix(line, "|")
		last := len(all) - 1
		switch {
		case going:
			all[last].text += "\n" + line
		case program(line) != "":
			text := remark.ReplaceAllString(strings.TrimPrefix(line, "$ "), "")
			all = append(all, shown{where: fmt.Sprintf("%s:%d", b.page, b.line+n), text: text})
		case last >= 0 && line != "":
			all[last].want = append(all[last].want, line)
		}
		going = more && len(all) > 0
	}
	if says := printsRule.FindStringSubmatch(b.after); says != nil && len(all) == 1 {
		all[0].want = append(all[0].want, says[1])
	}
	return all
}

var printsRule = regexp.MustCompile("^It prints `([^`]+)`")

// inline are the command lines within the prose of a page.
func inline(prose string) (all []string) {
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.ReplaceAll(prose, "\n", " "), -1) {
		if name := program(m[1]); name == "mtok" || name == "make" {
			all = append(all, m[1])
		}
	}
	return all
}

// words splits a command line up to its first pipe or redirection, as a shell does, and
// leaves assignments out.
func words(line string) (all []string) {
	var word strings.Builder
	quote, in := rune(0), false
	flush := func() {
		if in && (len(all) > 0 || !assignment.MatchString(word.String())) {
			all = append(all, word.String())
		}
		word.Reset()
		in = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, in = r, true
		case strings.ContainsRune("|<>&;", r):
			flush()
			return all
		case r == ' ' || r == '\n' || r == '\\':
			flush()
		default:
			word.WriteRune(r)
			in = true
		}
	}
	flush()
	return all
}
