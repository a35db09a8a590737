"""Images and audio: where a request names them, and what of that is allowed."""
