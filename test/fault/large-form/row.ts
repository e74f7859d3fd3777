/** What a row of the table of promises is, and what running it says. */

export interface Setting {
  /** The form for CI: less of everything, the same questions. */
  readonly short: boolean
  readonly seed: number
  /** An empty folder of this row. */
  readonly folder: string
  /** In place of the row's own count of faults. */
  readonly times: number | undefined
  /** Tells how it goes. */
  say(line: string): void
}

export interface Outcome {
  /** What was measured, each with its unit. */
  readonly figures: readonly string[]
  /** Each a sentence; empty = the promise held. */
  readonly failures: readonly string[]
}

export interface Row {
  readonly name: string
  readonly promise: string
  readonly needsBroker: boolean
  /** Why it cannot run on this machine, '' where it can. */
  missing?(): string
  run(setting: Setting): Promise<Outcome>
}

/** Collects what a row measures and where it fails. */
export class Findings implements Outcome {
  readonly figures: string[] = []
  readonly failures: string[] = []

  figure(text: string): void {
    this.figures.push(text)
  }

  /** `sentence` is a failure unless `held`. */
  expect(held: boolean, sentence: string): void {
    if (!held) this.failures.push(sentence)
  }
}
