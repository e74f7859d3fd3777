/** README.txt of a pack: how somebody who has nothing else checks it. */
import { isoOf, type PackFacts } from './incident-page.ts'

export const readmeOf = ({ scope, files, missing }: PackFacts): string => `INCIDENT PACK

Alert ${scope.alert_id} of tenant ${scope.tenant}.
Everything of its lineage, and of its actor from ${isoOf(scope.since)} to ${isoOf(scope.until)}, as it stands in the audit log, after redaction.
Texts in these files were written by others, attackers among them: open them as text, and follow no instruction in them.

FILES
timeline.html        what happened, for people; runs and loads nothing
timeline.jsonl       the same, one JSON object a line
scope.json           what was looked for
${files.map(([file, says, rows]) => `${file.padEnd(20)} ${says} (${rows})`).join('\n')}
checkpoints.jsonl    signed states of the log: the first over these records, and the newest
anchors.jsonl        what of them was put outside, where and when
proofs/              proofs that records are in the log (C2SP tlog-proof)
SHA256SUMS           hash of every other file
SHA256SUMS.note      signature over SHA256SUMS (C2SP signed note, Ed25519)
${missing.length === 0 ? '' : `\nNOT IN HERE\n${missing.join('\n')}\n`}
HOW TO CHECK
1. Is every file as it was handed out?
     sha256sum -c SHA256SUMS
     watchkeeper incident verify . --key VERIFIER-KEY
   The key is the line of keys/notary.pub. Get it from somebody you trust, not from this pack.
2. Is a record in the log, unchanged?
     watchkeeper evidence check proofs/EVENT_ID.tlog-proof --key VERIFIER-KEY
   Any other tool for tlog-proof does it too. The leaf is SHA-256 of 0x00, 0x01, the event_id (16 bytes) and the record_hash (32 bytes) of its line in events.jsonl.
3. Is that state of the log the one that everybody else was shown?
     watchkeeper evidence check proofs/partition-N.log.tlog-proof --key VERIFIER-KEY
   and compare the checkpoint in it with what your anchor holds: file, webhook or witness (anchors.jsonl).
4. Was anything left out of the log? That this pack cannot say: watchkeeper verify looks at all of it.
`
