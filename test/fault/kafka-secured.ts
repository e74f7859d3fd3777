/** A broker with every way to prove who one is: plain, SASL with all mechanisms, and TLS with client certificates; rights by access lists. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Broker, startBroker } from '../../infra/kafka/broker/start-broker.ts'
import type { TlsFiles } from '../../infra/kafka/options.ts'

export const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0

export interface Secured {
  readonly broker: Broker
  readonly plain: string
  readonly sasl: string
  readonly tls: string
  readonly files: Required<Pick<TlsFiles, 'ca' | 'cert' | 'key'>>
}

/** `folder` is a new temporary one, for certificates. User `admin` (and who has no name) may do all; `poor` exists and may do nothing. */
export async function startSecured(folder: string): Promise<Secured> {
  makeCertificates(folder)
  const broker = await startBroker({
    settings: (ports) => settingsOf(folder, ports),
    format: ['--add-scram', 'SCRAM-SHA-256=[name=admin,password=admin-secret]', '--add-scram', 'SCRAM-SHA-512=[name=admin,password=admin-secret]'],
  })
  const [plain, sasl, tls] = broker.ports.map((port) => `127.0.0.1:${port}`)
  const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'client.pem'), key: join(folder, 'client.key') }
  return { broker, plain: plain!, sasl: sasl!, tls: tls!, files }
}

function makeCertificates(folder: string): void {
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  for (const authority of ['ca', 'stranger']) {
    openssl('req', '-x509', ...key, '-keyout', `${authority}.key`, '-out', `${authority}.pem`, '-days', '2', '-subj', `/CN=test ${authority}`)
  }
  for (const name of ['broker', 'client']) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1')
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-out', `${name}.pem`, '-days', '2', '-copy_extensions', 'copy')
  }
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  writeFileSync(join(folder, 'broker-store.pem'), read('broker.key') + read('broker.pem') + read('ca.pem'))
}

function settingsOf(folder: string, [plain, sasl, tls, controller]: readonly number[]): Record<string, string> {
  const security = 'org.apache.kafka.common.security'
  const jaas = (mechanism: string): string => `listener.name.sasl_plaintext.${mechanism}.sasl.jaas.config`
  return {
    'listeners': `PLAINTEXT://127.0.0.1:${plain},SASL_PLAINTEXT://127.0.0.1:${sasl},SSL://127.0.0.1:${tls},CONTROLLER://127.0.0.1:${controller}`,
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,CONTROLLER:PLAINTEXT`,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [jaas('plain')]: `${security}.plain.PlainLoginModule required user_admin="admin-secret" user_poor="poor-secret";`,
    [jaas('scram-sha-256')]: `${security}.scram.ScramLoginModule required;`,
    [jaas('scram-sha-512')]: `${security}.scram.ScramLoginModule required;`,
    [jaas('oauthbearer')]: `${security}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="admin";`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'broker-store.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'ca.pem'),
    'ssl.client.auth': 'required',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:admin;User:CN=client',
  }
}
