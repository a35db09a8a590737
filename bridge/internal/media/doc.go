// Package media finds the images and audio that a request names by URL and puts
// data: URLs in their place, and fetches them, with limits.
package media
