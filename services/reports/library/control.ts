/** What a control is: a requirement of a framework, in our own words, and the questions whose answers are evidence for it. */

export const FRAMEWORKS = { gdpr: 'GDPR', hipaa: 'HIPAA Security Rule', pci: 'PCI DSS 4.0.1', soc2: 'SOC 2 (Trust Services Criteria 2017)' } as const
export type Framework = keyof typeof FRAMEWORKS

export interface Control {
  /** Begins with its framework: `gdpr-5-1-c`. */
  readonly id: string
  readonly framework: Framework
  /** As people cite it: `Art. 5(1)(c)`. */
  readonly reference: string
  readonly title: string
  /** What it asks for, in one sentence of ours. */
  readonly asks: string
  /** Ids of questions, the most telling first. */
  readonly questions: readonly string[]
  /** What it asks for besides, which these records cannot show. */
  readonly notShown: string
}
