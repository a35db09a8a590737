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
	return append(AppendWarnings(append(dst, `,"w":`...), warnings), '}')
}

// AppendWarnings appends a list of [module, category, message].
func AppendWarnings(dst []byte, all []bridge.Warning) []byte {
	list := make([][3]string, len(all))
	for i, w := range all {
		list[i] = [3]string{w.Module, w.Category, w.Message}
	}
	return AppendJSON(dst, list)
}
