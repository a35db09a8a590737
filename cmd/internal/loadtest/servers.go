package loadtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// Ours is mtok serve with its own settings but for the number of worker processes; 0: Python is inside it.
func Ours(mtok string, workers int) Command {
	c := Command{
		Name:   ours + ", embedded",
		Args:   []string{mtok, "serve", "--model", "v3-tekken", "--addr", "127.0.0.1:{port}", "--max-model-len", strconv.Itoa(modelLen), "--workers", strconv.Itoa(workers)},
		Health: "/health", Ready: "/readyz", Routes: []string{"mistral", "tokenize", "render"},
	}
	if workers > 0 {
		c.Name = fmt.Sprintf("%s, %d workers", ours, workers)
	}
	return c
}

const ours = "mtok serve"

// modelLen is a model's length that 27 MB of text do not exceed.
const modelLen = 1 << 24

// MistralCommon is the server in mistral_common: its own command with its own settings, which is one process.
func MistralCommon(python string) Command {
	return Command{
		Name: "mistral_common serve",
		Args: []string{python, "-c", `from importlib.resources import files
from mistral_common.experimental.app.main import cli
cli(["serve", str(files("mistral_common") / "data" / "tekken_240718.json"), "--host", "127.0.0.1", "--port", "{port}"])`},
		Health: "/", Routes: []string{"mistral"}, // a redirect, the least that it has
	}
}

// VLLM is vLLM's render server on a model directory that this writes into dir. Errors: the Python has no
// mistral_common, or the directory cannot be written.
func VLLM(ctx context.Context, python, dir string) (Command, error) {
	model, err := modelDirectory(ctx, python, filepath.Join(dir, "model"))
	if err != nil {
		return Command{}, err
	}
	return Command{
		Name: "vllm launch render",
		Args: []string{python, "-m", "vllm.entrypoints.cli.main", "launch", "render", model, "--tokenizer-mode", "mistral", "--host", "127.0.0.1", "--port", "{port}"},
		// Without the first it looks for a device, and refuses a machine that has none.
		Env:    []string{"VLLM_TARGET_DEVICE=cpu", "HF_HUB_OFFLINE=1", "VLLM_NO_USAGE_STATS=1"},
		Health: "/health", Routes: []string{"tokenize", "render"},
	}, nil
}

// VLLMRust is the render server in Rust of the same vLLM, with the template that mtok makes of the same tokenizer. Errors:
// those of VLLM; there is no template.
func VLLMRust(ctx context.Context, mtok, python, dir string) (Command, error) {
	template, err := exec.CommandContext(ctx, mtok, "template", "--literal", "--tokenizer", "v3-tekken").Output()
	if err != nil {
		return Command{}, fmt.Errorf("mtok template: %w", explain(err))
	}
	model, err := modelDirectory(ctx, python, filepath.Join(dir, "model-rust"))
	if err != nil {
		return Command{}, err
	}
	found, err := packageOf(ctx, python, "vllm")
	if err != nil {
		return Command{}, err
	}
	file := filepath.Join(model, "template.jinja")
	if err := os.WriteFile(file, template, 0o600); err != nil {
		return Command{}, err
	}
	return Command{
		Name:   "vllm-rs render",
		Args:   []string{filepath.Join(found, "vllm-rs"), "render", model, "--chat-template", file, "--host", "127.0.0.1", "--port", "{port}"},
		Health: "/health", Routes: []string{"render"}, Apart: true,
	}, nil
}

func packageOf(ctx context.Context, python, name string) (string, error) {
	out, err := exec.CommandContext(ctx, python, "-c", `import importlib.util as u, sys
print(u.find_spec(sys.argv[1]).submodule_search_locations[0], end="")`, name).Output()
	if err != nil {
		return "", fmt.Errorf("%s has no %s: %w", python, name, explain(err))
	}
	return string(out), nil
}

// modelDirectory writes what a server of tokens reads of a model.
func modelDirectory(ctx context.Context, python, model string) (string, error) {
	data, err := packageOf(ctx, python, "mistral_common")
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(model, 0o700); err != nil {
		return "", err
	}
	config, err := json.Marshal(map[string]any{
		"architectures": []string{"MistralForCausalLM"}, "model_type": "mistral", "hidden_size": 64, "intermediate_size": 128,
		"num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 131072, "max_position_embeddings": modelLen,
	})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(model, "config.json"), config, 0o600); err != nil {
		return "", err
	}
	return model, os.Symlink(filepath.Join(data, "data", "tekken_240718.json"), filepath.Join(model, "tekken.json"))
}

// Versions asks a Python for its own version and those of packages. Errors: it cannot be run, or has not got one.
func Versions(ctx context.Context, python string, packages ...string) (map[string]string, error) {
	script := `import importlib.metadata as m, json, platform, sys
print(json.dumps({"Python": platform.python_version(), **{p: m.version(p) for p in sys.argv[1:]}}))`
	out, err := exec.CommandContext(ctx, python, append([]string{"-c", script}, packages...)...).Output()
	if err != nil {
		return nil, explain(err)
	}
	var v map[string]string
	return v, json.Unmarshal(out, &v)
}

// explain adds what a program said before it failed.
func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, exit.Stderr[max(0, len(exit.Stderr)-300):])
	}
	return err
}
