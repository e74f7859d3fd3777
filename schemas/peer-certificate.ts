/** The certificate that a client showed, as services see it. Only certificates that a configured authority signed get here. */
import type { PeerCertificate as NodeCertificate } from 'node:tls'

export interface PeerCertificate {
  /** `CN=agents`, `O=Example`: one entry an attribute, sorted. */
  readonly subject: readonly string[]
  /** 64 lower-case hex digits of the DER bytes. */
  readonly fingerprintSha256: string
}

/** Undefined where Node gives an empty object, which means that none was shown. */
export function peerCertificateOf(certificate: NodeCertificate | undefined): PeerCertificate | undefined {
  if (certificate?.fingerprint256 === undefined) return undefined
  const subject = Object.entries(certificate.subject ?? {}).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).map((text) => `${name}=${String(text)}`))
  return { subject: subject.sort(), fingerprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase() }
}

/**
 * A distinguished name as people write it (`CN=agents, O=Example`, commas in values as `\,`) in the form of `subject`; undefined where it is
 * none.
 */
export function subjectOf(text: string): readonly string[] | undefined {
  const parts = text.split(/(?<!\\),/).map((part) => part.trim().replaceAll('\\,', ','))
  return parts.every((part) => /^[A-Za-z0-9.]+=./.test(part)) ? parts.sort() : undefined
}
