/** Requests as real instrumentations sent them, named for tests. */
import { recordings } from '../../services/demo/recordings.ts'

export const RECORDINGS = recordings('test/fixtures/otlp').map(({ emitter, path, contentType, body }, index) =>
  ({ name: `${emitter}, ${index + 1}`, signal: path.slice('/v1/'.length), type: contentType, body }))
