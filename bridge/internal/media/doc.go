// Package media finds the images and audio that a request names by URL, fetches them
// within limits, and replaces the URLs by data: URLs.
package media
