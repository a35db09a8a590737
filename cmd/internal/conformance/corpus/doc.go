// Package corpus holds what implementations of Mistral's tokenizers are asked:
// inputs only, made the same way in every run. The answers are the reference's.
package corpus
