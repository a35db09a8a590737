package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/spf13/cobra"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// packedAs is what mtok bundle prints.
type packedAs struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	bridge.BundleInfo
}

func newBundle(s streams, env *envFlags) *cobra.Command {
	var asJSON bool
	var out, lock, name, platform string
	cmd := &cobra.Command{
		Use:   "bundle --out FILE",
		Short: "Pack the environment into one file, for machines without a network",
		Long: `bundle packs the managed environment, interpreter and packages, into one file that
mtok setup --from, MTOK_BUNDLE and bridge.WithBundle take on a machine without a network.
It is built first if it is not there. The name of the file says how it is compressed:
.tar.zst, .tar.gz, or .tar for not at all.

--platform linux/arm64 packs for another kind of processor: its CPython is fetched with the
go command, and its wheels by their tags; nothing of it is run.

What is printed is the file's SHA-256 and its name, as sha256sum does. Every file in it is
checked against a hash when it is unpacked; that sum shows whether the bundle is yours.`,
		Example: `  mtok bundle --out env.tar.zst
  mtok bundle --out arm.tar.zst --platform linux/arm64
  mtok setup --from env.tar.zst
  MTOK_BUNDLE=env.tar.zst mtok count "Hello, world!"`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usageError{errors.New("bundle needs --out FILE")}
			}
			if cmd.Flags().Changed("name") && lock == "" {
				return usageError{errors.New("--name belongs to --requirements")}
			}
			if _, err := compressor(out, io.Discard); err != nil {
				return err
			}
			opts, err := env.packing(s, lock, name)
			if err != nil {
				return err
			}
			write := bridge.WriteBundle
			if platform != "" && platform != here {
				if write, err = forPlatform(cmd.Context(), platform, env); err != nil {
					return err
				}
			}
			done, err := writeBundle(cmd.Context(), out, write, opts)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(s.out, done)
			}
			_, err = fmt.Fprintf(s.out, "%s  %s\n", done.SHA256, done.Path)
			return err
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "file to write: .tar.zst, .tar.gz or .tar")
	cmd.Flags().StringVar(&platform, "platform", here, "what it is for: linux/amd64 or linux/arm64")
	cmd.Flags().StringVar(&lock, "requirements", "", "hash lock of the environment, instead of the one in this program")
	cmd.Flags().StringVar(&name, "name", "custom", "name of the environment that --requirements builds")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print everything about the bundle")
	return cmd
}

// packing are the options of the environment that is to be packed.
func (f *envFlags) packing(s streams, lock, name string) ([]bridge.Option, error) {
	switch {
	case lock != "":
		text, err := os.ReadFile(lock)
		if err != nil {
			return nil, usageError{err}
		}
		return append(f.options(s), bridge.WithRequirements(name, text)), nil
	case f.env != "default":
		n, err := findNamed(f.env)
		if err != nil {
			return nil, err
		}
		return n.options(f, s, f.python), nil
	}
	return f.options(s), nil
}

// packed are the options of the environment of this program's that the bundle has.
func (f *envFlags) packed(path string) ([]bridge.Option, error) {
	info, err := bridge.ReadBundleInfo(path)
	if err != nil {
		return nil, environmentError{err}
	}
	for _, n := range namedEnvironments() {
		if n.name == info.Name {
			return []bridge.Option{bridge.WithRequirements(n.name, n.lock)}, nil
		}
	}
	return nil, nil
}

// bundleWriter is bridge.WriteBundle, or does the same for another platform.
type bundleWriter = func(context.Context, io.Writer, ...bridge.Option) (bridge.BundleInfo, error)

// writeBundle writes the file as a whole or not at all.
func writeBundle(ctx context.Context, path string, write bundleWriter, opts []bridge.Option) (done packedAs, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".bundle-")
	if err != nil {
		return done, usageError{err}
	}
	defer func() {
		_ = file.Close()
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	sum := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(file, sum), 1<<20)
	packer, err := compressor(path, buffered)
	if err != nil {
		return done, err
	}
	if done.BundleInfo, err = write(ctx, packer, opts...); err != nil {
		_ = packer.Close()
		return done, environmentError{err}
	}
	if err = errors.Join(packer.Close(), buffered.Flush(), file.Chmod(0o644)); err != nil {
		return done, err
	}
	info, err := file.Stat()
	if err != nil {
		return done, err
	}
	done.Path, done.Size, done.SHA256 = path, info.Size(), hex.EncodeToString(sum.Sum(nil))
	if err = file.Close(); err != nil {
		return done, err
	}
	return done, os.Rename(file.Name(), path)
}

// compressor is chosen by the name of the file.
func compressor(path string, w io.Writer) (io.WriteCloser, error) {
	switch {
	case strings.HasSuffix(path, ".tar.zst"):
		// The bridge reads it with the standard library, which wants a window of at most 8 MB.
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithWindowSize(8<<20), zstd.WithEncoderConcurrency(1))
	case strings.HasSuffix(path, ".tar.gz"):
		return gzip.NewWriter(w), nil
	case strings.HasSuffix(path, ".tar"):
		return plain{w}, nil
	}
	return nil, usageError{fmt.Errorf("--out %s: the name has to end with .tar.zst, .tar.gz or .tar", path)}
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }
