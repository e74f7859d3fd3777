/** Controls of the trade: PCI DSS and SOC 2. */
import type { Control } from './control.ts'

export const TRADE: readonly Control[] = [
  {
    id: 'pci-7-2', framework: 'pci', reference: '7.2', title: 'Access is defined and assigned', asks: 'Access follows need to know and least privilege, and is reviewed every six months.',
    questions: ['rights-carried', 'who-accessed-what', 'policies-in-force', 'policy-violations'], notShown: 'The review itself, and rights that were never carried.',
  },
  {
    id: 'pci-7-3', framework: 'pci', reference: '7.3', title: 'Access is enforced', asks: 'An access control system restricts access, and denies by default.',
    questions: ['refused', 'policy-violations'], notShown: 'The configuration of gateways and servers.',
  },
  {
    id: 'pci-8-2-2', framework: 'pci', reference: '8.2.1, 8.2.2', title: 'Unique identities', asks: 'Each user has an id of its own; shared credentials are an exception.',
    questions: ['shared-credentials', 'unattributed', 'sources'], notShown: 'Accounts that several people know the password of.',
  },
  {
    id: 'pci-8-2-4', framework: 'pci', reference: '8.2.4, 8.2.6', title: 'Life of accounts', asks: 'Accounts are added with authorisation, and removed or disabled after 90 days without use.',
    questions: ['new-identities', 'inactive-identities', 'administration'], notShown: 'The authorisation, and whether an account was disabled.',
  },
  {
    id: 'pci-8-3', framework: 'pci', reference: '8.3.1, 8.6.3', title: 'Credentials', asks: 'Access is authenticated; credentials of applications are changed periodically.',
    questions: ['credentials', 'refused'], notShown: 'Strength of authentication, and credentials that no fingerprint is sent of.',
  },
  {
    id: 'pci-10-2', framework: 'pci', reference: '10.2', title: 'Audit logs are there', asks: 'Access, actions of administrators, invalid attempts and changes of credentials are logged with who, what, when, outcome and origin.',
    questions: ['who-accessed-what', 'administration', 'refused', 'sources', 'unattributed'], notShown: 'Systems that send no telemetry.',
  },
  {
    id: 'pci-10-3', framework: 'pci', reference: '10.3', title: 'Audit logs are protected', asks: 'Logs cannot be changed or destroyed without being noticed, and few may read them.',
    questions: ['signed-states', 'anchors', 'reads-of-the-log', 'account-of-records', 'erasures-and-holds'], notShown: 'Rights on the files of the machine.',
  },
  {
    id: 'pci-10-4', framework: 'pci', reference: '10.4', title: 'Audit logs are reviewed', asks: 'Logs are reviewed by automated means, and what is found is followed up.',
    questions: ['findings', 'response', 'rules-in-force', 'messages'], notShown: 'Reviews of other logs.',
  },
  {
    id: 'pci-10-5', framework: 'pci', reference: '10.5', title: 'Audit logs are kept', asks: 'Twelve months of logs are kept, three of them at hand.',
    questions: ['kept', 'erasures-and-holds'], notShown: 'Backups.',
  },
  {
    id: 'pci-10-6', framework: 'pci', reference: '10.6', title: 'Clocks agree', asks: 'Times in logs come from synchronised clocks.',
    questions: ['clocks'], notShown: 'How clocks are set.',
  },
  {
    id: 'pci-10-7', framework: 'pci', reference: '10.7', title: 'Failures of controls are noticed', asks: 'When a critical control fails, this is detected, told and answered promptly.',
    questions: ['account-of-records', 'put-aside', 'anchors', 'sources', 'blind-rules', 'findings'], notShown: 'Failures of controls other than logging and detection.',
  },
  {
    id: 'soc2-cc6-1', framework: 'soc2', reference: 'CC6.1', title: 'Logical access', asks: 'Access to information is restricted to those who may have it, by identity and rights.',
    questions: ['rights-carried', 'refused', 'unattributed', 'shared-credentials', 'policies-in-force'], notShown: 'Configuration of access control.',
  },
  {
    id: 'soc2-cc6-2', framework: 'soc2', reference: 'CC6.2', title: 'Identities are registered and removed', asks: 'Users are authorised before they get credentials, and lose them when they no longer need them.',
    questions: ['new-identities', 'inactive-identities', 'credentials'], notShown: 'The authorisation.',
  },
  {
    id: 'soc2-cc6-3', framework: 'soc2', reference: 'CC6.3', title: 'Least privilege', asks: 'Rights follow roles, least privilege and segregation of duties.',
    questions: ['rights-carried', 'who-accessed-what', 'policy-violations'], notShown: 'Rights that were granted and never carried here.',
  },
  {
    id: 'soc2-cc6-6', framework: 'soc2', reference: 'CC6.6', title: 'Threats from outside', asks: 'The boundary is protected against threats from outside.',
    questions: ['refused', 'changed-tools', 'grave-findings', 'data-recipients'], notShown: 'Network controls.',
  },
  {
    id: 'soc2-cc6-7', framework: 'soc2', reference: 'CC6.7', title: 'Movement of information', asks: 'Who sends information where is restricted, and it is protected on the way.',
    questions: ['data-recipients', 'redactions', 'policy-violations'], notShown: 'Encryption between agents and servers.',
  },
  {
    id: 'soc2-cc6-8', framework: 'soc2', reference: 'CC6.8', title: 'Unauthorised software', asks: 'Unauthorised or malicious software is prevented, or found and acted upon.',
    questions: ['changed-tools', 'findings'], notShown: 'Software that offers no tools.',
  },
  {
    id: 'soc2-cc7-1', framework: 'soc2', reference: 'CC7.1', title: 'Changes that weaken', asks: 'Changes of configuration and new weaknesses are detected.',
    questions: ['changed-tools', 'administration', 'rules-in-force'], notShown: 'Vulnerabilities of the servers.',
  },
  {
    id: 'soc2-cc7-2', framework: 'soc2', reference: 'CC7.2', title: 'Anomalies are monitored', asks: 'Systems are monitored for anomalies that point to malicious acts, disasters or errors.',
    questions: ['findings', 'blind-rules', 'sources', 'account-of-records', 'put-aside'], notShown: 'Systems that send no telemetry.',
  },
  {
    id: 'soc2-cc7-3', framework: 'soc2', reference: 'CC7.3', title: 'Events are evaluated', asks: 'It is judged whether an event is an incident.',
    questions: ['response', 'grave-findings'], notShown: 'Judgement that was not written into an alert.',
  },
  {
    id: 'soc2-cc7-4', framework: 'soc2', reference: 'CC7.4', title: 'Incidents are answered', asks: 'Incidents are contained, told and remedied by a set procedure.',
    questions: ['response', 'messages', 'grave-findings'], notShown: 'The procedure, and what was done outside of Watchkeeper.',
  },
]
