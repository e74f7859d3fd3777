/** How far a long command is, on one line of a terminal. */
import { count } from './amounts.ts'

const WIDTH = 24
const EVERY_MS = 100

export interface Step {
  readonly what: string
  readonly done: number
  /** 0 where it is not known. */
  readonly of: number
}

/** `rows ██████░░░░ 61 % 1 220 000 of 2 000 000, 131 000/s` */
export function barLine({ what, done, of }: Step, perSecond: number): string {
  const share = of === 0 ? 0 : Math.min(1, done / of)
  const filled = Math.round(share * WIDTH)
  const bar = of === 0 ? '' : `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${Math.floor(share * 100)} % `
  return `${what} ${bar}${count(done)}${of === 0 ? '' : ` of ${count(of)}`}${perSecond > 0 ? `, ${count(Math.round(perSecond))}/s` : ''}`
}

/** Writes to standard error where that is a terminal, and nothing elsewhere. */
export class ProgressBar {
  #what = ''
  #since = 0
  #from = 0
  #shown = 0
  #length = 0

  show(step: Step, now = performance.now()): void {
    if (!process.stderr.isTTY) return
    if (step.what !== this.#what) [this.#what, this.#since, this.#from, this.#shown] = [step.what, now, step.done, 0]
    if (now - this.#shown < EVERY_MS) return
    this.#shown = now
    const seconds = (now - this.#since) / 1_000
    const line = barLine(step, seconds < 0.5 ? 0 : (step.done - this.#from) / seconds)
    process.stderr.write(`\r${line.padEnd(this.#length)}`)
    this.#length = line.length
  }

  end(): void {
    if (this.#length > 0) process.stderr.write(`\r${' '.repeat(this.#length)}\r`)
    this.#length = 0
  }
}
