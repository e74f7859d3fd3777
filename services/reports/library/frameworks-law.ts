/** Controls of laws: GDPR and HIPAA. */
import type { Control } from './control.ts'

export const LAW: readonly Control[] = [
  {
    id: 'gdpr-5-1-c', framework: 'gdpr', reference: 'Art. 5(1)(c)', title: 'Data minimisation', asks: 'Personal data are limited to what the purpose needs.',
    questions: ['redactions', 'data-recipients'], notShown: 'The purpose itself, and whether a tool needed the arguments that it got.',
  },
  {
    id: 'gdpr-5-1-e', framework: 'gdpr', reference: 'Art. 5(1)(e)', title: 'Storage limitation', asks: 'Personal data are kept no longer than needed.',
    questions: ['kept', 'erasures-and-holds'], notShown: 'How long the servers that were called keep what they were sent.',
  },
  {
    id: 'gdpr-5-1-f', framework: 'gdpr', reference: 'Art. 5(1)(f)', title: 'Integrity and confidentiality', asks: 'Personal data are protected against unauthorised use, loss and damage.',
    questions: ['refused', 'grave-findings', 'account-of-records', 'signed-states', 'reads-of-the-log'], notShown: 'Protection of the systems behind the MCP servers.',
  },
  {
    id: 'gdpr-5-2', framework: 'gdpr', reference: 'Art. 5(2)', title: 'Accountability', asks: 'The controller can show that it keeps to the principles.',
    questions: ['sources', 'policies-in-force', 'rules-in-force', 'signed-states', 'administration'], notShown: 'Decisions that were made on paper.',
  },
  {
    id: 'gdpr-30', framework: 'gdpr', reference: 'Art. 30(1)', title: 'Records of processing', asks: 'It is written down who processes which data for whom and who receives them.',
    questions: ['data-recipients', 'who-accessed-what', 'sources'], notShown: 'Purposes, categories of data subjects and legal bases: the register itself.',
  },
  {
    id: 'gdpr-32-1-b', framework: 'gdpr', reference: 'Art. 32(1)(b)', title: 'Ongoing confidentiality and integrity', asks: 'Systems and services stay confidential, whole, available and resilient.',
    questions: ['findings', 'refused', 'shared-credentials', 'unattributed', 'changed-tools', 'account-of-records'], notShown: 'Availability of the MCP servers.',
  },
  {
    id: 'gdpr-32-1-d', framework: 'gdpr', reference: 'Art. 32(1)(d)', title: 'Regular testing', asks: 'Whether the measures work is tested, assessed and evaluated regularly.',
    questions: ['rules-in-force', 'blind-rules', 'response', 'signed-states', 'anchors', 'put-aside'], notShown: 'Tests of other measures than these.',
  },
  {
    id: 'gdpr-32-4', framework: 'gdpr', reference: 'Art. 32(4)', title: 'Acting on instruction only', asks: 'Who acts under the controller processes personal data only as instructed.',
    questions: ['policy-violations', 'policies-in-force', 'who-accessed-what'], notShown: 'The instructions themselves, but for published policies.',
  },
  {
    id: 'gdpr-33', framework: 'gdpr', reference: 'Art. 33', title: 'Notification of breaches', asks: 'A breach is notified within 72 hours of becoming aware of it, and documented.',
    questions: ['grave-findings', 'response', 'messages', 'data-recipients'],
    notShown: 'Whether a finding is a personal data breach and was notified: a person judges that. `watchkeeper incident export` makes the file for it.',
  },
  {
    id: 'hipaa-164-308-a-1-ii-d', framework: 'hipaa', reference: '164.308(a)(1)(ii)(D)', title: 'Information system activity review', asks: 'Audit logs, access reports and incident reports are reviewed regularly.',
    questions: ['findings', 'response', 'reads-of-the-log', 'who-accessed-what'], notShown: 'Reviews without Watchkeeper.',
  },
  {
    id: 'hipaa-164-308-a-3', framework: 'hipaa', reference: '164.308(a)(3)', title: 'Workforce security', asks: 'Members of the workforce have the access that they need, and only they.',
    questions: ['new-identities', 'inactive-identities', 'rights-carried'], notShown: 'Clearance and termination procedures.',
  },
  {
    id: 'hipaa-164-308-a-4', framework: 'hipaa', reference: '164.308(a)(4)', title: 'Information access management', asks: 'Access to electronic health information is authorised, established and modified by policy.',
    questions: ['policy-violations', 'policies-in-force', 'rights-carried', 'refused'], notShown: 'Who authorised it.',
  },
  {
    id: 'hipaa-164-308-a-5-ii-c', framework: 'hipaa', reference: '164.308(a)(5)(ii)(C)', title: 'Log-in monitoring', asks: 'Attempts to log in are monitored, and discrepancies reported.',
    questions: ['refused', 'credentials', 'findings'], notShown: 'Log-ins at the identity provider.',
  },
  {
    id: 'hipaa-164-308-a-6', framework: 'hipaa', reference: '164.308(a)(6)', title: 'Security incidents', asks: 'Incidents are identified, answered, mitigated and documented.',
    questions: ['grave-findings', 'response', 'messages'], notShown: 'Mitigation outside of Watchkeeper.',
  },
  {
    id: 'hipaa-164-312-b', framework: 'hipaa', reference: '164.312(b)', title: 'Audit controls', asks: 'Activity in systems with electronic health information is recorded and examined.',
    questions: ['who-accessed-what', 'sources', 'blind-rules', 'account-of-records', 'unattributed', 'signed-states', 'kept'], notShown: 'Activity that is not by MCP.',
  },
]
