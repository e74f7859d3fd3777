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
attribute keys and values, resource attributes, JSON in texts (it stays JSON), and what base64 holds, once. \`redacted\` says which field held
what kind. \`arguments_hash\` and \`result_hash\` are keyed hashes of the texts before redaction.

| kind | what | how it is known |
|---|---|---|
${rows.join('\n')}

- Texts above ${LONGEST_TEXT.toLocaleString('en')} characters are cut there (\`field:truncated\`).
- Fails closed: a text that would take an event over ${CHARACTER_BUDGET.toLocaleString('en')} scanned characters, or on which scanning fails, becomes
  \`[redacted:unscanned]\` (\`field:unscanned\`).
- Placeholders (\`<token>\`, \`\${TOKEN}\`, \`****\`) are no secrets and are kept.
- Blind spots: secrets without a known prefix that no name announces, encodings other than base64 and JSON escapes, secrets split over fields.
`
}
