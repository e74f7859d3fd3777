/** The page `docs/redaction.md`, made from the list of kinds. */
import { CHARACTER_BUDGET } from './scan.ts'
import { KINDS } from './kinds.ts'
import { LONGEST_TEXT } from './work.ts'

/** A cell of a Markdown table: a bar would end it. */
const cell = (text: string): string => text.replaceAll('|', '\\|')

/** The whole page as Markdown. `npm run docs` writes it; a test compares. */
export function redactionPage(): string {
  const rows = KINDS.map(({ kind, what, found }) => `| \`${kind}\` | ${cell(what)} | ${cell(found)} |`)
  return `# What is redacted before anything is written

Generated from \`services/collector/redact/kinds.ts\`; do not edit.

Redaction runs in the collector, before the durable log. A secret becomes \`[redacted:<kind>:<token>]\`; the token is the start of a keyed
hash, so that one secret has one token within a tenant and can be followed without being known. All texts of an event are scanned: columns,
attribute keys and values, resource attributes, JSON in texts (it stays JSON), and what base64, percent-encoding and UTF-16 hold. \`redacted\` says
which field held what kind. \`arguments_hash\` and \`result_hash\` are keyed hashes of the texts before redaction.

\`redaction\` in the configuration says for each class what is done, and \`redaction.tenants\` where a tenant differs: \`token\`, as above; \`drop\`,
\`[redacted:<kind>:dropped]\`, which joins nothing; \`keep\`. Classes are \`card\`, \`iban\`, \`ssn\`, \`email\`, \`phone\` and \`credential\`, which is all
other kinds and is never kept. \`email\` and \`phone\` are kept where nothing is said: they tell who did what.

| kind | what | how it is known |
|---|---|---|
${rows.join('\n')}

- Texts above ${LONGEST_TEXT.toLocaleString('en')} characters are cut there (\`field:truncated\`).
- Fails closed: a text that would take an event over ${CHARACTER_BUDGET.toLocaleString('en')} scanned characters, or on which scanning fails, becomes
  \`[redacted:unscanned]\` (\`field:unscanned\`).
- Placeholders (\`<token>\`, \`\${TOKEN}\`, \`****\`) are no secrets and are kept.
- What has the form of a key is replaced wherever it stands, published and example keys too, as nothing tells them from others:
  [benchmarks](benchmarks.md#redaction-why-the-goal-for-texts-without-a-secret-is-missed) has the figures.
- Blind spots: secrets without a known form that no name announces, encodings other than these, secrets split over fields.
`
}
