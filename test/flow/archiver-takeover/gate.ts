/** Something that somebody comes to and waits at. */
export class Gate {
  #open: () => void = () => undefined
  #come: () => void = () => undefined
  readonly reached = new Promise<void>((resolve) => { this.#come = resolve })
  readonly #opened = new Promise<void>((resolve) => { this.#open = resolve })

  open(): void {
    this.#open()
  }

  async pass(): Promise<void> {
    this.#come()
    await this.#opened
  }
}
