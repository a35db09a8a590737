// Package megatron writes and reads the two files of Megatron's indexed datasets: the ids of all
// documents back to back in .bin, and in .idx how long each is and where it begins.
package megatron
