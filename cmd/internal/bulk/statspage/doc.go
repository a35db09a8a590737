// Package statspage is the page of mtok bulk stats: what the commits of a run say, in pictures. It is one document without
// scripts and without anything from elsewhere; a picture is SVG that stretches, with its words beside it in HTML, so that it
// can be read on any screen. Texts of the corpus are not in it, only names of files.
package statspage
