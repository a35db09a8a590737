package pyenv

// WriteManifest is for tests that make a cache as earlier versions of this program did.
var WriteManifest = writeManifest
