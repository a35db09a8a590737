// Package megatron writes and reads the two files of Megatron's indexed datasets: the ids of all
// documents back to back in .bin, and in .idx how long each is and where it begins. Beside them may
// be a third, .loss, which is no part of Megatron's: the loss masks, a byte of 0 or 1 for each id of
// .bin, in the same order. Its byte i is about id i, which begins at byte i times the
// size of an id.
package megatron
