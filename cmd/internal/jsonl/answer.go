package jsonl

import "github.com/mistralbridge/mistralbridge/bridge"

// appendAnswer appends an answer: one line without its newline.
func appendAnswer(dst, id, ok []byte, err error, warnings []bridge.Warning) []byte {
	if id == nil {
		id = []byte("null")
	}
	dst = append(append(dst, `{"id":`...), id...)
	if err != nil {
		dst = appendError(append(dst, `,"err":`...), err)
	} else {
		dst = append(append(dst, `,"ok":`...), ok...)
	}
	dst = append(dst, `,"w":[`...)
	for i, w := range warnings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSON(dst, [3]string{w.Module, w.Category, w.Message})
	}
	return append(dst, `]}`...)
}
