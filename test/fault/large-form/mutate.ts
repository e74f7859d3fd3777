/** Real bodies with a little wrong in them. */
import { pick, type Random } from './random.ts'

type Mutation = (body: Buffer, random: Random, other: Buffer) => Buffer

/** Values that lengths, tags and counts do not like. */
const HARSH = [0x00, 0x7f, 0x80, 0xff, 0x0a, 0x12, 0x22, 0x7b, 0x5d]

const splice = (body: Buffer, at: number, remove: number, put: Buffer): Buffer => Buffer.concat([body.subarray(0, at), put, body.subarray(at + remove)])

const MUTATIONS: readonly Mutation[] = [
  (body, random) => {
    const out = Buffer.from(body)
    const at = random(out.length)
    out[at] = (out[at] ?? 0) ^ (1 << random(8))
    return out
  },
  (body, random) => splice(body, random(body.length), 1, Buffer.from([pick(HARSH, random)])),
  (body, random) => body.subarray(0, random(body.length)),
  (body, random) => splice(body, random(body.length), 1 + random(64), Buffer.alloc(0)),
  (body, random) => splice(body, random(body.length), 0, Buffer.alloc(1 + random(10), 0xff)),
  (body, random) => {
    const at = random(body.length)
    const part = body.subarray(at, at + random(2_000))
    return splice(body, random(body.length), 0, Buffer.concat(Array<Buffer>(1 + random(20)).fill(part)))
  },
  (body, random, other) => Buffer.concat([body.subarray(0, random(body.length)), other.subarray(random(other.length))]),
]

/** One to four mutations of `body`, one after the other; `other` is what parts are taken from. */
export function mutated(body: Buffer, random: Random, other: Buffer): Buffer {
  let out = body
  for (let left = 1 + random(4); left > 0 && out.length > 0; left--) out = pick(MUTATIONS, random)(out, random, other)
  return out
}
