// Command proofs answers questions about Merkle trees and signed notes with the libraries that Go's own checksum database and the logs of certificate
// transparency use: one JSON object a line in, one out.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind  string   `json:"kind"`
	Index int64    `json:"index"`
	Size  int64    `json:"size"`
	Old   int64    `json:"old"`
	Leaf  []byte   `json:"leaf"`
	Root  []byte   `json:"root"`
	From  []byte   `json:"from"`
	Proof [][]byte `json:"proof"`
	Text  string   `json:"text"`
	Key   string   `json:"key"`
}

type answer struct {
	Tlog   bool     `json:"tlog"`
	Merkle bool     `json:"merkle"`
	Proof  [][]byte `json:"proof"`
	Root   []byte   `json:"root"`
	Why    string   `json:"why"`
}

// The tree over "leaf 0", "leaf 1", … that both sides make by themselves.
type tree struct {
	hashes []tlog.Hash
	size   int64
}

func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = t.hashes[index]
	}
	return out, nil
}

func (t *tree) grow(size int64) error {
	for ; t.size < size; t.size++ {
		added, err := tlog.StoredHashes(t.size, []byte(fmt.Sprintf("leaf %d", t.size)), t)
		if err != nil {
			return err
		}
		t.hashes = append(t.hashes, added...)
	}
	return nil
}

func hashOf(bytes []byte) (h tlog.Hash) {
	copy(h[:], bytes)
	return h
}

func hashesOf(list [][]byte) []tlog.Hash {
	out := make([]tlog.Hash, len(list))
	for i, bytes := range list {
		out[i] = hashOf(bytes)
	}
	return out
}

func bytesOf(list []tlog.Hash) [][]byte {
	out := make([][]byte, len(list))
	for i := range list {
		out[i] = list[i][:]
	}
	return out
}

func checkInclusion(q question) answer {
	return answer{
		Tlog:   tlog.CheckRecord(hashesOf(q.Proof), q.Size, hashOf(q.Root), q.Index, hashOf(q.Leaf)) == nil,
		Merkle: proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(q.Index), uint64(q.Size), q.Leaf, q.Proof, q.Root) == nil,
	}
}

func checkConsistency(q question) answer {
	return answer{
		Tlog:   tlog.CheckTree(hashesOf(q.Proof), q.Size, hashOf(q.Root), q.Old, hashOf(q.From)) == nil,
		Merkle: proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(q.Old), uint64(q.Size), q.Proof, q.From, q.Root) == nil,
	}
}

func prove(t *tree, q question) (answer, error) {
	if err := t.grow(q.Size); err != nil {
		return answer{}, err
	}
	root, err := tlog.TreeHash(q.Size, t)
	if err != nil {
		return answer{}, err
	}
	var hashes []tlog.Hash
	if q.Kind == "prove-inclusion" {
		hashes, err = tlog.ProveRecord(q.Size, q.Index, t)
	} else {
		hashes, err = tlog.ProveTree(q.Size, q.Old, t)
	}
	return answer{Proof: bytesOf(hashes), Root: root[:]}, err
}

// A C2SP tlog-proof: its checkpoint opened by the note package, its path checked by both libraries.
func checkProofFile(q question) (answer, error) {
	head, text, found := strings.Cut(q.Text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return answer{}, fmt.Errorf("no proof")
	}
	lines = lines[1:]
	var leaf []byte
	if extra, ok := strings.CutPrefix(lines[0], "extra "); ok {
		data, err := base64.StdEncoding.DecodeString(extra)
		if err != nil {
			return answer{}, err
		}
		leaf, lines = rfc6962.DefaultHasher.HashLeaf(data), lines[1:]
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return answer{}, err
	}
	q.Index, q.Leaf = index, leaf
	for _, line := range lines[1:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil {
			return answer{}, err
		}
		q.Proof = append(q.Proof, hash)
	}
	verifier, err := note.NewVerifier(q.Key)
	if err != nil {
		return answer{}, err
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return answer{}, err
	}
	checkpoint := strings.Split(opened.Text, "\n")
	if q.Size, err = strconv.ParseInt(checkpoint[1], 10, 64); err != nil {
		return answer{}, err
	}
	if q.Root, err = base64.StdEncoding.DecodeString(checkpoint[2]); err != nil {
		return answer{}, err
	}
	return checkInclusion(q), nil
}

func answerTo(t *tree, q question) (answer, error) {
	switch q.Kind {
	case "inclusion":
		return checkInclusion(q), nil
	case "consistency":
		return checkConsistency(q), nil
	case "tlog-proof":
		return checkProofFile(q)
	default:
		return prove(t, q)
	}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	t := &tree{}
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		a, err := answerTo(t, q)
		if err != nil {
			a.Why = err.Error()
		}
		if err := out.Encode(a); err != nil {
			panic(err)
		}
	}
}
