package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/parquettest"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
)

// tables is the texts as files of Parquet, and as lines of JSON.
func tables(t *testing.T, files map[string][][]*string) (parquet, jsonl map[string]string) {
	parquet, jsonl = map[string]string{}, map[string]string{}
	for name, groups := range files {
		text, err := parquettest.Column{Name: "body", Groups: groups}.Encode()
		require.NoError(t, err)
		parquet[name+".parquet"] = string(text)
		var lines strings.Builder
		for _, values := range groups {
			for _, v := range values {
				line, err := json.Marshal(map[string]*string{"body": v})
				require.NoError(t, err)
				lines.Write(append(line, '\n'))
			}
		}
		jsonl[name+".jsonl"] = lines.String()
	}
	return parquet, jsonl
}

// tableCorpus is a few row groups, with what can be wrong with a row.
func tableCorpus() map[string][][]*string {
	groups := func(n, each int) (groups [][]*string) {
		for i := range n {
			var group []*string
			for j := range each {
				group = append(group, parquettest.Text(fmt.Sprintf("document %d of group %d %s", j, i, strings.Repeat("x", j%7))))
			}
			groups = append(groups, group)
		}
		return groups
	}
	a := groups(5, 20)
	a[2] = append(a[2], nil, parquettest.Text(""), parquettest.Text("refused"), parquettest.Text("after them"))
	return map[string][][]*string{"a": a, "b": groups(1, 3), "c": groups(1, 2), "d": {{}}}
}

var rows = plan.Options{Records: plan.Rows, Field: "body", ShardBytes: 700}

// The same texts in Parquet and in JSON are the same documents; a shard is one of whole row groups.
func TestParquetIsAsJSON(t *testing.T) {
	parquet, jsonl := tables(t, tableCorpus())
	p := made(t, parquet, rows)
	require.Greater(t, len(p.Shards), 4)
	out, other := t.TempDir(), t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 3, Limit: anyRejects}))
	require.NoError(t, runIn(t.Context(), other, made(t, jsonl, plan.Options{Records: plan.JSONL, Field: "body", ShardBytes: 1 << 20}), Config{Limit: anyRejects}))
	prefix := filepath.Join(t.TempDir(), "x")
	require.NoError(t, Merge(at(t, out), prefix))
	whole := tree(t, other)
	assert.Equal(t, map[string]string{"x.bin": whole[filepath.FromSlash(shardBase(0)+".bin")], "x.idx": whole[filepath.FromSlash(shardBase(0)+".idx")]}, tree(t, filepath.Dir(prefix)))
	st, err := ReadStatus(at(t, out))
	require.NoError(t, err)
	assert.Equal(t, p.Bytes(), st.Counts.Bytes)
	assert.Equal(t, map[Class]int64{NoText: 1, Refused: 1}, st.Rejected)
	for sample, encode := range map[float64]Encode{0: nil, 0.5: letters, 1: letters} {
		report, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out), Sample: sample, Encode: encode})
		require.NoError(t, err)
		assert.Empty(t, report.Differences)
		assert.Equal(t, st.Digest, report.Digest)
	}
}

// A row that makes no document is a reject, with its file and number.
func TestRejectedRows(t *testing.T) {
	texts := []*string{parquettest.Text("good"), nil, parquettest.Text("a\xffb"), parquettest.Text("refused"), parquettest.Text(strings.Repeat("x", 300)), parquettest.Text(""), parquettest.Text(" \r\n")}
	parquet, _ := tables(t, map[string][][]*string{"a": {texts[:2], texts[2:]}})
	o := rows
	o.MaxRecord = 200
	p := made(t, parquet, o)
	out := t.TempDir()
	require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects}))
	var got []string
	require.NoError(t, Rejects(at(t, out), func(r Reject) error {
		assert.Nil(t, r.Offset)
		got = append(got, fmt.Sprintf("%s %d %d %s: %s %q", filepath.Base(r.File), *r.Row, r.Length, r.Class, r.Message, r.Raw))
		return nil
	}))
	assert.Equal(t, []string{
		`a.parquet 1 0 field: the column "body" is null ""`,
		`a.parquet 2 3 utf8: byte 1 is no UTF-8 "a\xffb"`,
		`a.parquet 3 7 reference: builtins.ValueError: no such letter "refused"`,
		`a.parquet 4 300 size: 300 bytes, where --max-record allows 200 ""`,
	}, got)
	for n, want := range []string{"good", "", " \r\n"} {
		d, err := Document(at(t, out), int64(n))
		require.NoError(t, err)
		assert.Len(t, d.IDs, len(want))
	}
	err := runIn(t.Context(), t.TempDir(), p, Config{FailFast: true})
	assert.ErrorContains(t, err, "a.parquet: the record at row 1 (0 bytes) was rejected: field")
}

// Killed and resumed, Parquet makes the same bytes.
func TestParquetKilled(t *testing.T) {
	parquet, _ := tables(t, tableCorpus())
	p := made(t, parquet, rows)
	want, planned := whole(t, p), saved(t, p)
	points, stderr, _ := child{Dir: t.TempDir(), Plan: planned, Parallel: 1}.start(t)
	require.Greater(t, len(points), 60, stderr)
	for kill := 1; kill <= len(points); kill += 9 {
		out := t.TempDir()
		_, _, state := child{Dir: out, Plan: planned, Parallel: 1 + kill%2, Kill: int64(kill)}.start(t)
		require.Equal(t, syscall.SIGKILL, state.Sys().(syscall.WaitStatus).Signal(), kill)
		require.NoError(t, runIn(t.Context(), out, p, Config{Parallel: 2 - kill%2, Limit: anyRejects}))
		require.Equal(t, want, tree(t, out))
	}
}

// A page that is damaged costs the shards that read it; with the file put back they are made.
func TestDamagedPage(t *testing.T) {
	parquet, _ := tables(t, tableCorpus())
	p := made(t, parquet, rows)
	want, path, out := whole(t, p), p.Inputs[0].Path, t.TempDir()
	good := []byte(parquet["a.parquet"])
	in, err := file.NewParquetReader(bytes.NewReader(good))
	require.NoError(t, err)
	column, err := in.MetaData().RowGroup(3).ColumnChunk(2)
	require.NoError(t, err)
	bad := bytes.Clone(good)
	for i := range column.TotalCompressedSize() / 2 { // its first page
		bad[column.DataPageOffset()+i] = 0xee
	}
	require.NoError(t, os.WriteFile(path, bad, 0o600))
	p.Inputs[0], err = source.Identify(t.Context(), path) // the damage is as old as the plan
	require.NoError(t, err)
	p.Inputs[0].Rows, p.Inputs[0].Bytes = 104, 1
	err = runIn(t.Context(), out, p, Config{Parallel: 2, Limit: anyRejects})
	var incomplete *IncompleteError
	require.ErrorAs(t, err, &incomplete)
	var damaged *source.DamagedError
	require.ErrorAs(t, err, &damaged)
	assert.Contains(t, damaged.Where, "row ")
	assert.Len(t, incomplete.Shards, 1)
	report, err := Verify(t.Context(), VerifyConfig{Dir: at(t, out)})
	require.NoError(t, err)
	require.NotEmpty(t, report.Differences)
	assert.Contains(t, report.Differences[0], "is not committed")
	shard := filepath.FromSlash(shardBase(0) + ".bin")
	assert.Equal(t, want[shard], tree(t, out)[shard])
}
