/** Words by which things that not everybody may see are called. Data only: what an expert would list, in names of files, tables, paths and tools. */

export type DataClass = 'credentials' | 'keys' | 'payroll' | 'health' | 'identity' | 'finance' | 'personnel' | 'legal' | 'backups'

interface Row {
  readonly name: DataClass
  /** How much the first look at such a thing weighs. */
  readonly points: number
  readonly words: string
  /** Two words in a row, joined by `+`. */
  readonly pairs: string
}

export const CLASSES: readonly Row[] = [
  { name: 'credentials', points: 3, words: 'credential credentials password passwords passwd passphrase secret secrets vault htpasswd netrc pgpass keychain kdbx kubeconfig apikey apikeys passwort kennwort ' +
    'ntds lsass wallet', pairs: 'api+key api+keys access+key access+keys access+token access+tokens refresh+token refresh+tokens etc+shadow account+key dot+env dot+aws dot+npmrc dot+kube ' +
    'git+credentials connection+string connection+strings' },
  { name: 'keys', points: 3, words: 'keystore truststore keytab pfx jks ppk', pairs: 'private+key private+keys signing+key signing+keys encryption+key encryption+keys master+key ssh+key ssh+keys id+rsa id+ed25519 ' +
    'dot+ssh dot+gnupg host+key dot+pem root+ca begin+private begin+rsa begin+openssh' },
  { name: 'payroll', points: 2, words: 'payroll salary salaries wage wages payslip payslips compensation remuneration severance gehalt salaire', pairs: 'pay+slips bonus+list' },
  { name: 'health', points: 2, words: 'patient patients medical diagnosis diagnoses prescription prescriptions clinical ehr hipaa disability', pairs: 'sick+notes health+record health+records lab+results' },
  { name: 'identity', points: 2, words: 'ssn passport passports pii kyc biometric biometrics birthdates', pairs: 'personal+data customer+data customer+export customers+export user+export users+export social+security ' +
    'national+id identity+documents driving+licence drivers+license' },
  { name: 'finance', points: 2, words: 'cardholder cardholders creditcard creditcards iban ibans', pairs: 'credit+card credit+cards card+number card+numbers bank+account bank+accounts bank+details bank+statement bank+statements account+balance account+balances tax+returns' },
  { name: 'personnel', points: 2, words: 'disciplinary appraisal appraisals grievance grievances layoff layoffs whistleblower', pairs: 'performance+review performance+reviews termination+list' },
  { name: 'legal', points: 2, words: 'litigation lawsuit lawsuits merger mergers', pairs: 'board+minutes due+diligence legal+hold term+sheet read+contract get+contract search+contracts list+contracts fetch+contract download+contract customer+contracts supplier+contracts ' +
    'vendor+contracts employment+contract employment+contracts signed+contract signed+contracts' },
  { name: 'backups', points: 2, words: 'backup backups mysqldump pgdump', pairs: 'db+dump database+dump sql+dump full+dump dot+dump' },
]

/** Word, or two words joined by `+` → index in `CLASSES`. */
export const WORDS: ReadonlyMap<string, number> = new Map(CLASSES.flatMap(({ words, pairs }, at) => [...words.split(' '), ...pairs.split(' ')].map((word) => [word, at] as const)))
