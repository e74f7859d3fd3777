/**
 * Tool inventory: what a server offered, as somebody saw it. One record of topic `definitions` says that one version of one definition was
 * offered at a time; the same said again changes nothing. Texts are the emitter's, that is a stranger's, after redaction.
 */
import type { Vantage } from './vocabulary.ts'

/** `server`: what a server says of itself in `initialize` or `server/discover`, its instructions to the model among it. */
const DEFINITION_KINDS = ['tool', 'prompt', 'resource', 'resource_template', 'server'] as const
export type DefinitionKind = (typeof DEFINITION_KINDS)[number]

/**
 * What a hash is made of. `jcs-1`: SHA-256 of the definition as canonical JSON (RFC 8785) with the members name, title, description, inputSchema,
 * outputSchema and annotations as far as they are given and not null. `text-1`: SHA-256 of its JSON as sent, because it is too deep or too large.
 */
const HASH_FORMS = ['jcs-1', 'text-1'] as const
export type HashForm = (typeof HASH_FORMS)[number]

/** Length of the windows that `last_seen` is told in, nanoseconds. */
export const SEEN_WINDOW_NS = 300_000_000_000n

/** Where it was seen: what one caller was offered by one server through one emitter is a list of its own. Empty where nobody said. */
export interface ListedBy {
  readonly tenant: string
  readonly server: string
  readonly target: string
  readonly source: string
  readonly emitter: string
  readonly vantage: Vantage
  readonly agent: string
  readonly client: string
}

/** One version of a definition. Columns of table `tool_definition_versions`; hashes are 64 hex digits, '' where there is nothing. */
export interface Definition {
  readonly kind: DefinitionKind
  /** Of a resource its URI, of a template its URI template. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** UTF-8 bytes of the whole description; -1 where there is none. */
  readonly description_bytes: number
  /** Canonical JSON; of a prompt its arguments. */
  readonly input_schema: string
  readonly output_schema: string
  /** Canonical JSON; of a server its version and capabilities, of a resource also its type. */
  readonly annotations: string
  readonly definition_hash: string
  readonly hash_form: HashForm
  readonly description_hash: string
  readonly input_schema_hash: string
  readonly output_schema_hash: string
  readonly annotations_hash: string
  /** What is not shown as it is, sorted: `<column>:cut`, `definition:too_deep`, `definition:too_large`, `definition:redacted`. */
  readonly notes: readonly string[]
}

export interface ToolDefinition extends ListedBy, Definition {
  /** Midnight UTC of the day, nanoseconds: a day of a version is one row. */
  readonly seen_on: bigint
  /** When this observation was made, by the emitter's clock and never after its receipt. */
  readonly first_seen: bigint
  /** Begin of the window of `SEEN_WINDOW_NS` that it lies in: exact whatever order observations come in, and cheap to move. */
  readonly last_seen: bigint
  /** The observation. */
  readonly event_id: string
}
