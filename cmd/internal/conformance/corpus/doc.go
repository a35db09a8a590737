// Package corpus holds the inputs that implementations of Mistral's tokenizers are
// tested with, the same in every run. The expected answers come from the reference.
package corpus
