import { Failure } from './failure.ts'

/** Some records of a publish can never be taken, because of themselves. All others of that publish are durable. */
export class RefusedRecords extends Failure {
  /** As they were given to `publish`. */
  readonly records: readonly unknown[]

  constructor(code: string, message: string, records: readonly unknown[]) {
    super('rejected', code, message)
    this.name = 'RefusedRecords'
    this.records = records
  }
}

/** Undefined when everything was taken. Throws what is no refusal of single records. */
export async function refusedOf(published: Promise<void> | undefined): Promise<RefusedRecords | undefined> {
  try {
    await published
    return undefined
  } catch (error) {
    if (error instanceof RefusedRecords) return error
    throw error
  }
}
