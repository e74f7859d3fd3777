/** The secret behind redactions, in processes of which not every one has it. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createKeyedHash } from '../../infra/keys/keyed-hash.ts'
import type { Redactor } from '../collector/contracts.ts'
import { createRedactor } from '../collector/redact/redactor.ts'
import type { Config } from '../config/schema.ts'
import type { Foundation } from './foundation.ts'

/** `parts`: those of this process. One process alone makes it; of several, collector and worker must have it, and others may. */
export const hasRedactionKey = ({ bus, keys }: Pick<Config, 'bus' | 'keys'>, parts: ReadonlySet<string>): boolean =>
  bus.kafka === undefined || parts.has('collector') || parts.has('worker') || (keys.keyed_hash_file !== undefined && existsSync(keys.keyed_hash_file))

/** For texts that nobody has to recognise: without the secret the same value is called otherwise after each start. */
export const anyRedactor = async (config: Config, foundation: Foundation, parts: ReadonlySet<string>): Promise<Redactor> =>
  createRedactor(hasRedactionKey(config, parts) ? await foundation.keyedHash() : createKeyedHash(randomBytes(32)), config.redaction)
