/** The kinds of secret that the redactor knows, as data: the documentation table and the detectors are made from this list. */
import type { Kind } from './kind.ts'
import { MARKED_TOKENS, VENDOR_TOKENS } from './vendor-tokens.ts'

export const PRIVATE_KEY: Kind = {
  kind: 'private-key', what: 'Private key in PEM or PGP armour, or of PuTTY',
  found: '`-----BEGIN … PRIVATE KEY` to its end mark, or to where the armour stops; the lines behind `Private-Lines`',
}
export const JWT: Kind = {
  kind: 'jwt', what: 'JSON Web Token, signed or encrypted',
  found: '`eyJ` and two or more base64url parts, with a header that decodes to a JSON object',
}
export const BEARER: Kind = {
  kind: 'bearer', what: 'Value after the word Bearer', found: '`Bearer` and 8 or more token characters with a digit among them',
}
export const BASIC: Kind = { kind: 'basic', what: 'HTTP Basic credentials', found: '`Basic` and base64 of `user:password`' }
export const PASSWORD_HASH: Kind = {
  kind: 'password-hash', what: 'Hash of a password', found: 'the `$id$salt$hash` formats of crypt(5): MD5, bcrypt, SHA-2, scrypt, yescrypt, Argon2; phpass, Django, Werkzeug; `$krb5…`; ' +
    'dumps of Windows accounts',
}
export const COMMAND: Kind = {
  kind: 'command-password', what: 'Password among the arguments of a command',
  found: '`curl -u user:password`, `sshpass -p …`, `docker login -p …`, `mysql -p…`, `redis-cli -a …`, `ldapsearch -w …`, `psexec -p …`, ' +
    '`net use …`, `ConvertTo-SecureString`; lines of `.netrc`, `IDENTIFIED BY` and `PASSWORD` in SQL',
}
export const URL_PASSWORD: Kind = {
  kind: 'url-password', what: 'Password in a URL or connection string', found: 'the part between `:` and `@` of `scheme://user:password@host`',
}
export const CARD: Kind = {
  kind: 'card', what: 'Payment card number',
  found: '13 to 19 digits, plain or in groups, with an issuer prefix of the right length and a valid Luhn digit; 12 behind a word for a card',
}
export const IBAN: Kind = {
  kind: 'iban', what: 'Bank account number (IBAN)', found: 'a country, as many characters as it has, and valid check digits',
}
export const SSN: Kind = {
  kind: 'ssn', what: 'US social security number', found: '`ddd-dd-dddd` without numbers that are never given; nine digits behind a word that says so',
}
export const EMAIL: Kind = { kind: 'email', what: 'E-mail address', found: '`name@domain.tld`' }
export const PHONE: Kind = {
  kind: 'phone', what: 'Phone number',
  found: '`+` or `00` and a country, North American groups, or 7 to 16 digits beside a word such as phone, fax, mobile',
}
export const FIELD: Kind = {
  kind: 'field', what: 'Value of a field whose name says secret',
  found: 'attribute keys and JSON object keys, whatever the value; ' +
    'counters and metadata (`max_tokens`, `token_type`, `token_fingerprint`) are not meant',
}
export const ASSIGNMENT: Kind = {
  kind: 'assignment', what: 'Secret given by name in plain text',
  found: '`name=value`, `name: value`, `--name value`, `set("name", "value")`, `<name>value</name>` with such a name and a value that is no ' +
    'placeholder, reference or plain word',
}
export const NEAR_NAME: Kind = {
  kind: 'near-name', what: 'Key near the name of a secret',
  found: '30 to 128 characters drawn from both cases and digits, within 80 characters behind such a name, and assigned to no other name',
}

export const RAW_TOKEN: Kind = {
  kind: 'raw-token', what: 'Token that was sent where its fingerprint belongs',
  found: 'in `token_fingerprint` and the attributes that it is read from: 16 characters or more that are no hex (plain, in groups or with a word before it), no digest that names how it was made ' +
    '(`sha256:…`), and not made of words',
}
export const NESTED: Kind = { kind: 'nested', what: 'Encoded text in encoded text', found: 'more than eight times, which nobody looks into' }

/** Every kind once, in the order of the documentation. */
export const KINDS: readonly Kind[] = [
  PRIVATE_KEY, JWT, BEARER, BASIC, ...VENDOR_TOKENS, ...MARKED_TOKENS, PASSWORD_HASH, URL_PASSWORD, COMMAND, CARD, IBAN, SSN,
  EMAIL, PHONE, FIELD, ASSIGNMENT, NEAR_NAME, RAW_TOKEN, NESTED,
]
