package media

const hexDigits = "0123456789abcdef"

// appendKey appends a key as a JSON string.
func appendKey(dst []byte, key string) []byte {
	dst = append(dst, '"')
	for i := range len(key) {
		switch c := key[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
