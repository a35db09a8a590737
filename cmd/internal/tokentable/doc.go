// Package tokentable draws tokens for people: each piece with its id below it.
package tokentable
