import { type CommonOptions, configOf } from './common.ts'
import { type Check, checkMachine } from '../doctor.ts'

const verdict = ({ ok, note }: Check): string => (!ok ? 'FAIL' : note === true ? 'note' : 'ok  ')

/** A line of `watchkeeper doctor`. */
export const checkLine = (check: Check): string => `${verdict(check)}  ${check.what.padEnd(12)} ${check.detail}`

/** `watchkeeper doctor`: exit code 1 when something is wrong. */
export async function doctor(options: CommonOptions & { readonly json?: boolean }): Promise<number> {
  const checks = await checkMachine(configOf(options))
  if (options.json === true) console.log(JSON.stringify(checks))
  else for (const check of checks) console.log(checkLine(check))
  return checks.every(({ ok }) => ok) ? 0 : 1
}
